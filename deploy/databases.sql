-- Run once, by PostgreSQL's own image, on an empty volume.
CREATE DATABASE mlflow;
CREATE DATABASE prefect;
