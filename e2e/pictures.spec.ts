import { expect, test } from "./chat-test.ts";
import { createPng } from "./create-png.ts";

const catPicture = { name: "a cat.png", type: "image/png", buffer: createPng(280, 280) };

for (const path of ["/", "/react.html"]) {
  test(`at ${path} everyone sees the pictures that Ada drops, chooses and pastes, with their names`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.join(server.url, "Ada");
    const bob = await newUser();
    await bob.join(server.url, "Bob");
    await ada.dropFile(catPicture);
    await expect(bob.pictures).toHaveCount(1);
    await ada.chooseFile({ ...catPicture, name: "a dog.png" });
    await expect(bob.pictures).toHaveCount(2);
    await ada.pasteFile({ ...catPicture, name: "a cow.png" });
    await ada.send("three pictures");

    const cyd = await newUser({ path });
    await bob.expectMessages(["three pictures"]);
    await cyd.join(server.url, "Cyd");
    for (const { page, pictures } of [ada, bob, cyd]) {
      await expect(pictures).toHaveCount(3);
      for (const [index, name] of ["a cat.png", "a dog.png", "a cow.png"].entries()) {
        const picture = page.getByRole("img", { name });
        await expect(picture).toBeVisible();
        await expect(pictures.nth(index)).toHaveAccessibleName(name);
        await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(280);
      }
    }
    await expect(ada.pictureError).toBeHidden();
    await ada.expectPending([]);
  });

  test(`at ${path} Ada sees why the page rejects a file that is too large, no picture, or damaged`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.join(server.url, "Ada");
    await ada.chooseFile({ ...catPicture, buffer: createPng(400, 400) });
    await expect(ada.pictureError).toHaveText(/^A picture has at most 256 KiB: this one has \d+ KiB$/);
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
    await ada.dropFile({ name: "innocent.png", type: "image/png", buffer: svg });
    await expect(ada.pictureError).toHaveText("Only PNG, JPEG, GIF and WebP pictures can be sent");
    await ada.chooseFile({ ...catPicture, buffer: catPicture.buffer.subarray(0, 40) });
    await expect(ada.pictureError).toHaveText("This picture is damaged");
    await expect(ada.page.locator(".picture")).toHaveCount(0);

    await ada.chooseFile(catPicture);
    await expect(ada.pictures).toHaveCount(1);
    await expect(ada.pictureError).toBeHidden();
  });

  test(`at ${path} the page frees the memory of a picture when it removes the picture's message`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.page.addInitScript(() => {
      const objectUrls = new Set<string>();
      const createObjectURL = URL.createObjectURL.bind(URL);
      const revokeObjectURL = URL.revokeObjectURL.bind(URL);
      URL.createObjectURL = (blob) => {
        const url = createObjectURL(blob);
        objectUrls.add(url);
        return url;
      };
      URL.revokeObjectURL = (url) => {
        objectUrls.delete(url);
        revokeObjectURL(url);
      };
      Object.assign(globalThis, { objectUrls });
    });
    const objectUrlCount = () => ada.page.evaluate<number>("objectUrls.size");
    await ada.join(server.url, "Ada");
    await ada.chooseFile(catPicture);
    await expect(ada.pictures).toHaveCount(1);
    await expect.poll(objectUrlCount).toBe(1);
    await ada.goToRoom(server.url, "elsewhere");
    await expect(ada.page.getByRole("heading", { name: "#elsewhere" })).toBeVisible();
    await expect(ada.pictures).toHaveCount(0);
    await expect.poll(objectUrlCount).toBe(0);
  });

  test(`at ${path} a picture that Ada sent while the server was killed arrives when the page reconnects`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.clock.install();
    await ada.join(server.url, "Ada");
    await server.kill();
    await ada.expectDisconnected();
    await ada.clock.pause(); // otherwise a slow test makes the page's next attempt late
    await ada.chooseFile(catPicture);
    await expect(ada.page.locator("#pending img")).toHaveAccessibleName("a cat.png");
    expect(await server.start()).toBe(true);
    await ada.clock.resume();
    await ada.expectConnected();
    await expect(ada.pictures).toHaveCount(1);
    await expect(ada.page.locator("#pending img")).toHaveCount(0);
  });

  test(`at ${path} the server checks the bytes of a picture itself, and the page shows why it rejects them`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.replaceInSentFrames("\\x89PNG", "<svg");
    await ada.join(server.url, "Ada");
    await ada.chooseFile(catPicture);
    await expect(ada.page.locator("#pending .fate")).toHaveText(
      "Not sent: Only PNG, JPEG, GIF and WebP pictures can be sent",
    );
    await ada.send("never mind");
    await ada.expectMessages(["never mind"]);
    await expect(ada.pictures).toHaveCount(0);
  });

  test(`at ${path} Bob sees the name of a picture that the server no longer has`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser();
    await ada.join(server.url, "Ada");
    await ada.chooseFile(catPicture);
    await expect(ada.pictures).toHaveCount(1);
    const bob = await newUser({ path });
    await bob.replaceInSentFrames("[0-9a-f]{32}", "0".repeat(32)); // the id in the request for the picture
    await bob.join(server.url, "Bob");
    await expect(bob.page.locator("#lines .picture")).toHaveText(
      "This picture is no longer available: a cat.png",
    );
  });
}
