"""The words that all five services share: letters, facts, money, area codes and topics."""
