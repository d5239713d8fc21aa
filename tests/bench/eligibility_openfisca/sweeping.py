"""OpenFisca's process: sets the inputs once, sweeps over all programmes at each line it reads."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from openfisca_core.simulations import Simulation, SimulationBuilder

from tests.bench.eligibility_openfisca.country import INPUTS, country, variable_of

ANSWERS = "answers.npy"


def main() -> None:
    """Answer one line of JSON to each line read, until there are no more."""
    place, as_of, programmes = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    facts = {name: np.load(place / f"{name}.npy") for name in INPUTS}
    parent = np.load(place / "parent.npy")
    system = country()
    _say({"version": version("openfisca-core")})
    for _ in sys.stdin:
        simulation = _simulation(system, facts, parent)
        began = time.process_time()
        found = [simulation.calculate(variable_of(one), as_of) for one in programmes]
        took = time.process_time() - began
        np.save(place / ANSWERS, np.stack(found))
        _say({"seconds": took})


def _simulation(system: Any, facts: dict[str, Any], parent: Any) -> Simulation:
    """A fresh one for each sweep, since what was calculated is kept."""
    builder: Any = SimulationBuilder()
    builder.create_entities(system)
    for name, count in (("child", len(parent)), ("applicant", len(facts["birth"]))):
        population = builder.populations[name]
        population.ids, population.count = np.arange(count), count
    applicants = builder.populations["applicant"]
    # What join_with_persons sets, which would number the childless away.
    applicants.members_entity_id = parent
    applicants.members_role = np.full(len(parent), applicants.entity.flattened_roles[0])
    simulation = builder.build(system)
    for name in INPUTS:
        simulation.set_input(name, "eternity", facts[name])
    return simulation


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
