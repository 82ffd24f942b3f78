import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "./chat-test.ts";

test("the demo server prints one clear line and exits with code 1 when its port is in use", async ({
  server,
}) => {
  const child = spawn(process.execPath, ["--conditions=symbolon-source", "--import", "tsx", "server.ts"], {
    cwd: fileURLToPath(new URL("../demo", import.meta.url)),
    env: { ...process.env, PORT: String(server.port) },
  });
  const [output, errorOutput, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  expect(output).toBe("");
  expect(errorOutput).toBe(
    `Port ${server.port} is in use: choose another, for example PORT=${server.port + 1} npm run demo\n`,
  );
  expect(exitCode).toBe(1);
});
