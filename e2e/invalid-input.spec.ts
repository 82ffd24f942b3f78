import { expect, test } from "./chat-test.ts";

test("the join form shows an error when the name is taken, and accepts another name", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");
  const bob = await newUser();
  await bob.requestToJoin(server.url, "ada");
  await expect(bob.nameError).toHaveText("That name is taken");
  await expect(bob.nameField).toBeFocused();
  await expect(bob.nameField).toHaveAttribute("aria-invalid", "true");
  await ada.expectPeople(["Ada"]);

  await bob.nameField.fill("Bob");
  await bob.nameField.press("Enter");
  await bob.expectPeople(["Bob", "Ada"]);
});

test("the join form rejects a name of spaces", async ({ server, newUser }) => {
  const ada = await newUser();
  await ada.requestToJoin(server.url, "   ");
  await expect(ada.nameError).toHaveText("Please choose a name");
  await expect(ada.nameField).toBeFocused();
});

test("the composer rejects a text that is too long, and keeps it for Ada to shorten", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");
  const tooLong = "a".repeat(501);
  await ada.send(tooLong);
  await expect(ada.composerError).toHaveText("A message has at most 500 characters");
  await expect(ada.composer).toHaveValue(tooLong);
  await ada.composer.press("Backspace");
  await expect(ada.composerError).toBeHidden();
  await ada.composer.press("Enter");
  await ada.expectMessages(["a".repeat(500)]);
});

test("the page shows markup in a message or a name as plain text", async ({ server, newUser }) => {
  const markup = `<img src=x onerror="document.title='taken over'"><script>1</script> & <b>bold</b>`;
  const ada = await newUser();
  await ada.join(server.url, "<b>Ada</b>");
  const bob = await newUser();
  await bob.join(server.url, "Bob", "lobby");
  await ada.send(markup);
  await bob.expectMessages([markup]);
  await bob.expectPeople(["Bob", "<b>Ada</b>"]);
  await expect(bob.page.locator("#chat :is(img, b, script)")).toHaveCount(0);
  await expect(bob.page).toHaveTitle("#lobby · symbolon chat");
});
