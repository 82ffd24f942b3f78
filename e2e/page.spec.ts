import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";

test("the example of a page with no library says and hears messages", async ({ page }) => {
  const cwd = fileURLToPath(new URL("../examples", import.meta.url));
  const node = ["--conditions=symbolon-source", "--import", "tsx", "run.ts", "page", "0"];
  const example = spawn(process.execPath, node, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await page.goto(await urlIn(example.stdout));
    for (const line of ["hello", "how are you?"]) {
      await page.getByLabel("Message").fill(line);
      await page.getByRole("button", { name: "Send" }).click();
    }
    await expect(page.getByRole("listitem")).toHaveText([
      "Message text was: hello",
      "Message text was: how are you?",
    ]);
    await expect(page.getByLabel("Message")).toHaveValue("");
  } finally {
    example.kill();
  }
});

/** Where the example says that it listens. */
async function urlIn(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const url = /^listening at (.*)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error("the example did not start: what it complained of is above");
}
