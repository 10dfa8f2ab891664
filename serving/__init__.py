"""The REST API, the app, and the service that both ask. It neither trains nor tunes."""
