import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { commandsIn, filesIn } from "../../test/guides/programs.ts";
import { findFreePort } from "../ports.ts";
import { Program } from "./program.ts";
import { Registry } from "./registry.ts";

const readme = new URL("../../README.md", import.meta.url);
const reactGuide = new URL("../../docs/react.md", import.meta.url);

test("from an empty folder, the README's commands lead to two tabs that talk", async ({ browser }) => {
  const folder = await mkdtemp(join(tmpdir(), "symbolon-first-hour-"));
  const registry = await Registry.start(join(folder, "registry"));
  const port = await findFreePort();
  const env = { ...registry.env, PORT: String(port) };
  let running: Program | undefined;
  const openTab = async (url: string): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(url);
    await expect(page.locator("output")).toHaveText(/^User \d+, open$/);
    return page;
  };
  /** Two tabs send each other a line. */
  const expectTalk = async (url: string): Promise<void> => {
    const tabs = [await openTab(url), await openTab(url)] as const;
    for (const [index, tab] of tabs.entries()) {
      const user = (await tab.locator("output").textContent())?.replace(", open", "");
      await tab.getByLabel("Message").fill(`hello from tab ${index}`);
      await tab.getByRole("button", { name: "Send" }).click();
      for (const each of tabs)
        await expect(each.getByRole("listitem").last()).toHaveText(`${user}: hello from tab ${index}`);
    }
    await tabs[0].close();
    await expect(tabs[1].getByRole("listitem").last()).toHaveText(/^User \d+ left$/);
    await tabs[1].close();
  };

  try {
    await test.step("npm create symbolon, npm install, npm run dev", async () => {
      const empty = join(folder, "empty");
      await Program.run(`mkdir ${empty}`, { cwd: folder });
      const commands = await readCommands();
      expect(commands).toEqual(["npm create symbolon my-app", "cd my-app", "npm install", "npm run dev"]);
      const [create = "", , install = ""] = commands;
      expect(await Program.run(create, { cwd: empty, env })).toContain("Wrote a chat to my-app.");
      expect(await readdir(empty)).toEqual(["my-app"]);
      await Program.run(install, { cwd: join(empty, "my-app"), env });
    });
    const app = join(folder, "empty/my-app");

    await test.step("npm test", async () => {
      expect(await Program.run("npm test", { cwd: app, env })).toMatch(/pass 1\n[^]*fail 0\n/);
    });

    await test.step("npm run dev: the page has Vite's port, and the server its own", async () => {
      running = Program.start("npm run dev", { cwd: app, env });
      await running.printed(new RegExp(`listening at http://localhost:${port}\\n`));
      const [, page = ""] = await running.printed(/Local: +(http:\S+)/);
      expect(new URL(page).port).not.toBe(String(port));
      await expectTalk(page);
      await running.kill();
    });

    await test.step("npm run build, npm start: the page and the server have one port", async () => {
      await Program.run("npm run build", { cwd: app, env });
      running = Program.start("npm start", { cwd: app, env });
      const [, url = ""] = await running.printed(/listening at (http:\S+)/);
      await expectTalk(url);
      await running.kill();
    });

    await test.step("the guide's commands and files make its page one of React", async () => {
      const guide = await readFile(reactGuide, "utf8");
      const [create, enter, ...installs] = commandsIn("react.md", guide);
      expect([create, enter]).toEqual(["npm create symbolon my-app", "cd my-app"]);
      for (const install of installs) await Program.run(install, { cwd: app, env });
      for (const [path, text] of filesIn("react.md", guide)) await writeFile(join(app, path), text);
      await rm(join(app, "src/page.ts"));

      running = Program.start("npm run dev", { cwd: app, env });
      await running.printed(new RegExp(`listening at http://localhost:${port}\\n`));
      const [, page = ""] = await running.printed(/Local: +(http:\S+)/);
      await expectTalk(page);
      await running.kill();

      await Program.run("npm run build", { cwd: app, env });
      running = Program.start("npm start", { cwd: app, env });
      const [, url = ""] = await running.printed(/listening at (http:\S+)/);
      await expectTalk(url);
      await running.kill();
    });

    await test.step("a tab connects again when the server's code has changed", async () => {
      running = Program.start("npm run dev", { cwd: app, env });
      await running.printed(new RegExp(`listening at http://localhost:${port}\\n`));
      const [, url = ""] = await running.printed(/Local: +(http:\S+)/);
      const page = await openTab(url);
      const path = join(app, "src/app.ts");
      await writeFile(
        path,
        (await readFile(path, "utf8")).replace("query.name, text }", "query.name, text: `${text}!` }"),
      );
      await running.printed(new RegExp(`(?:listening at http://localhost:${port}\\n[^]*){2}`));
      await expect(page.locator("output")).toHaveText(/^User \d+, open$/);
      await page.getByLabel("Message").fill("hello");
      await page.getByRole("button", { name: "Send" }).click();
      await expect(page.getByRole("listitem").last()).toHaveText(/: hello!$/);
      await page.close();
      await running.kill();
    });

    await test.step("npm's registry was asked for other packages alone", () => {
      expect(registry.upstream.paths).toEqual(expect.arrayContaining(["/vite", "/zod"]));
      expect(registry.upstream.paths.filter((path) => path.includes("symbolon"))).toEqual([]);
    });
  } finally {
    await running?.kill();
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** The commands of the first block of "Five minutes". */
async function readCommands(): Promise<string[]> {
  const [, block = ""] = /^## Five minutes\n\n```sh\n([^]*?)```/m.exec(await readFile(readme, "utf8")) ?? [];
  return block.trim().split("\n");
}
