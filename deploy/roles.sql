-- The databases and who may do what, as far as only a superuser can say it. Again: nothing changes.
-- Passwords come from the environment, so that no list of processes shows them.
\set ON_ERROR_STOP on
\getenv owner_password SVARUT_OWNER_PASSWORD
\getenv app_password SVARUT_APP_PASSWORD
\getenv reader_password SVARUT_READER_PASSWORD
\getenv prefect_password SVARUT_PREFECT_PASSWORD

SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', role, password)
FROM (VALUES
    ('svarut_owner', :'owner_password'),
    ('svarut_app', :'app_password'),
    ('svarut_reader', :'reader_password'),
    ('svarut_prefect', :'prefect_password')
) AS wanted (role, password)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', name, owner)
FROM (VALUES ('svarut', 'svarut_owner'), ('prefect', 'svarut_prefect')) AS wanted (name, owner)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name)
\gexec

REVOKE ALL ON DATABASE svarut, prefect FROM PUBLIC;
-- A night works with temporary tables.
GRANT CONNECT, TEMPORARY ON DATABASE svarut TO svarut_app;
GRANT CONNECT ON DATABASE svarut TO svarut_reader;
