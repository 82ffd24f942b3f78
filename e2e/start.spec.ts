import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "./chat-test.ts";

test("a busy port gives one clear line and exit code 1", async ({ demo }) => {
  const child = spawn(process.execPath, ["--conditions=symbolon-source", "--import", "tsx", "server.ts"], {
    cwd: fileURLToPath(new URL("../demo", import.meta.url)),
    env: { ...process.env, PORT: String(demo.port) },
  });
  const [output, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  expect(output).toBe("");
  expect(complaints).toBe(
    `Port ${demo.port} is in use: choose another, for example PORT=${demo.port + 1} npm run demo\n`,
  );
  expect(code).toBe(1);
});
