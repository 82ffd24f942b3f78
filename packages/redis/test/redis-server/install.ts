/** Installs the server of Redis from Debian for the tests, or prints which tests do not run without it. */
import { installDebian } from "../../../../e2e/apt.ts";
import { findRedisServer } from "./find.ts";

if (findRedisServer() === undefined) installDebian(["redis-server"]);
console.log(
  findRedisServer() ??
    "not run: the tests of @symbolon/redis, which need redis-server 7.0 or later on PATH, or its path in REDIS_SERVER_PATH",
);
