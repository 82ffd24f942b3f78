import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";

test("the example page, which uses no library, sends messages and shows the replies", async ({ page }) => {
  const cwd = fileURLToPath(new URL("../examples", import.meta.url));
  const args = ["--conditions=symbolon-source", "--import", "tsx", "run.ts", "page", "0"];
  const example = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await page.goto(await readUrl(example.stdout));
    for (const text of ["hello", "how are you?"]) {
      await page.getByLabel("Message").fill(text);
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

/** Reads the example's address from its output. */
async function readUrl(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const url = /^listening at (.*)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error("the example did not start: its errors are above");
}
