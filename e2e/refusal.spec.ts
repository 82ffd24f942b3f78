import { expect, test } from "./chat-test.ts";

test("a name that is taken is refused at the name field, and another one gets in", async ({
  demo,
  someone,
}) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");
  const other = await someone();
  await other.ask(demo.url, "ada");
  await expect(other.nameError).toHaveText("That name is taken");
  await expect(other.name).toBeFocused();
  await expect(other.name).toHaveAttribute("aria-invalid", "true");
  await expect(ada.people).toHaveText(["Ada"]);

  await other.name.fill("Bob");
  await other.name.press("Enter");
  await expect(other.people).toHaveText(["Bob", "Ada"]);
});

test("a name of nothing but spaces is refused before anyone is asked", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.ask(demo.url, "   ");
  await expect(ada.nameError).toHaveText("Please choose a name");
  await expect(ada.name).toBeFocused();
});

test("a text that is too long is refused at the composer and not lost", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");
  const long = "a".repeat(501);
  await ada.say(long);
  await expect(ada.composerError).toHaveText("A message has at most 500 characters");
  await expect(ada.composer).toHaveValue(long);
  await ada.composer.press("Backspace");
  await expect(ada.composerError).toBeHidden();
  await ada.composer.press("Enter");
  await expect(ada.lines).toHaveText(["a".repeat(500)]);
});

test("markup in a message or a name stays text", async ({ demo, someone }) => {
  const markup = `<img src=x onerror="document.title='taken over'"><script>1</script> & <b>bold</b>`;
  const ada = await someone();
  await ada.enter(demo.url, "<b>Ada</b>");
  const bob = await someone();
  await bob.enter(demo.url, "Bob", "lobby");
  await ada.say(markup);
  await expect(bob.lines).toHaveText([markup]);
  await expect(bob.people).toHaveText(["Bob", "<b>Ada</b>"]);
  await expect(bob.page.locator("#chat :is(img, b, script)")).toHaveCount(0);
  await expect(bob.page).toHaveTitle("#lobby · symbolon chat");
});
