import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { addKillRoute, type KillRequest } from "./kill-route.ts";

const origin = "http://test";

/** Sends a request to a node of three. @returns the status of the answer, and what the node has asked for. */
async function request(
  path: string,
  init: RequestInit,
): Promise<{ status: number; requests: KillRequest[] }> {
  const app = createApp();
  const requests: KillRequest[] = [];
  addKillRoute(app, { number: 1, count: 3, directory: "" }, (killRequest) => requests.push(killRequest));
  const { status } = await testNetwork(app).fetch(path, init);
  return { status, requests };
}

test("a page of the chat may kill each node", async () => {
  for (const kill of [1, 2, 3])
    expect(await request(`/nodes/${kill}/kill`, { method: "POST", headers: { origin } })).toEqual({
      status: 202,
      requests: [{ kill }],
    });
});

test.each([undefined, "null", "http://evil.example", "http://test:81", "http://test.evil.example"])(
  "the origin %s may not",
  async (origin) => {
    const headers = origin === undefined ? {} : { origin };
    expect(await request("/nodes/1/kill", { method: "POST", headers })).toEqual({
      status: 403,
      requests: [],
    });
  },
);

test("only POST kills", async () => {
  for (const method of ["GET", "HEAD", "PUT"])
    expect(await request("/nodes/1/kill", { method, headers: { origin } })).toEqual({
      status: 405,
      requests: [],
    });
});

test("a number that no node has is refused", async () => {
  for (const number of ["0", "4", "1.5", "-1", "x", "1e9"])
    expect(await request(`/nodes/${number}/kill`, { method: "POST", headers: { origin } })).toEqual({
      status: 404,
      requests: [],
    });
});
