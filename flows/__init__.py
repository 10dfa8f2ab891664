"""The Prefect flows, a file each, and their deployments. Only this room knows Prefect."""
