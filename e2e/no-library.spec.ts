import { expect, test } from "@playwright/test";
import { startServer } from "../interop/start.ts";

test("each check of the interop page, which uses no library, passes in the browser", async ({ page }) => {
  const server = await startServer();
  try {
    await page.goto(server.url);
    await expect(page.getByRole("listitem")).toHaveText([
      "ok text",
      "ok JSON",
      "ok binary",
      "ok subprotocol",
      "ok close",
      "ok leave",
      "ok refusal",
      "ok contract",
    ]);
  } finally {
    server.stop();
  }
});
