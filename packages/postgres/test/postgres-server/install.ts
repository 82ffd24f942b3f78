/** Installs the server of PostgreSQL from Debian for the tests, or prints which tests do not run without it. */
import { installDebian } from "../../../../e2e/apt.ts";
import { findPostgres } from "./find.ts";

if (findPostgres() === undefined) installDebian(["postgresql"]);
console.log(
  findPostgres() ??
    "not run: the tests of @symbolon/postgres, which need PostgreSQL 15 or later on PATH, or the folder of its programs in POSTGRES_PATH",
);
