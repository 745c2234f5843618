-- What the roles may do with the tables there are; run by the owner after every `svarut db upgrade`.
\set ON_ERROR_STOP on
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO svarut_app, svarut_reader;

-- The flows and the commands: rows, never tables.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO svarut_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO svarut_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM svarut_app;

-- Reports: everything but whom letters are for, and what their files are called.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO svarut_reader;
REVOKE SELECT ON recipients, documents, problems FROM svarut_reader;
