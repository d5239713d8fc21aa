"""Stories of metrics, dashboards and alerts, on a real Prometheus where there is one."""
