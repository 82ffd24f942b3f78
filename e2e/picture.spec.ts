import { expect, test } from "./chat-test.ts";
import { png } from "./png.ts";

const photo = { name: "a cat.png", type: "image/png", buffer: png(280, 280) };

for (const path of ["/", "/react.html"]) {
  test(`at ${path} a picture that is dropped, pasted or chosen is shown to all by its name`, async ({
    demo,
    someone,
  }) => {
    const ada = await someone({ path });
    await ada.enter(demo.url, "Ada");
    const bob = await someone();
    await bob.enter(demo.url, "Bob");
    await ada.give("drop", photo);
    await expect(bob.pictures).toHaveCount(1);
    await ada.choose({ ...photo, name: "a dog.png" });
    await expect(bob.pictures).toHaveCount(2);
    await ada.give("paste", { ...photo, name: "a cow.png" });
    await ada.say("there they are");

    const late = await someone({ path });
    await expect(bob.lines).toHaveText(["there they are"]);
    await late.enter(demo.url, "Cyd");
    for (const { page, pictures } of [ada, bob, late]) {
      await expect(pictures).toHaveCount(3);
      for (const [index, name] of ["a cat.png", "a dog.png", "a cow.png"].entries()) {
        const picture = page.getByRole("img", { name });
        await expect(picture).toBeVisible();
        await expect(pictures.nth(index)).toHaveAccessibleName(name);
        await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(280);
      }
    }
    await expect(ada.pictureError).toBeHidden();
    await expect(ada.pending).toHaveCount(0);
  });

  test(`at ${path} a file that is too large, or no picture, is refused with a reason`, async ({
    demo,
    someone,
  }) => {
    const ada = await someone({ path });
    await ada.enter(demo.url, "Ada");
    await ada.choose({ ...photo, buffer: png(400, 400) });
    await expect(ada.pictureError).toHaveText(/^A picture has at most 256 KiB: this one has \d+ KiB$/);
    const script = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
    await ada.give("drop", { name: "innocent.png", type: "image/png", buffer: script });
    await expect(ada.pictureError).toHaveText("Only PNG, JPEG, GIF and WebP pictures can be sent");
    await ada.choose({ ...photo, buffer: photo.buffer.subarray(0, 40) });
    await expect(ada.pictureError).toHaveText("This picture is damaged");
    await expect(ada.page.locator(".picture")).toHaveCount(0);

    await ada.choose(photo);
    await expect(ada.pictures).toHaveCount(1);
    await expect(ada.pictureError).toBeHidden();
  });

  test(`at ${path} no picture outlives its line`, async ({ demo, someone }) => {
    const ada = await someone({ path });
    await ada.page.addInitScript(() => {
      const live = new Set<string>();
      const createObjectURL = URL.createObjectURL.bind(URL);
      const revokeObjectURL = URL.revokeObjectURL.bind(URL);
      URL.createObjectURL = (blob) => {
        const address = createObjectURL(blob);
        live.add(address);
        return address;
      };
      URL.revokeObjectURL = (address) => {
        live.delete(address);
        revokeObjectURL(address);
      };
      Object.assign(globalThis, { live });
    });
    const live = () => ada.page.evaluate<number>("live.size");
    await ada.enter(demo.url, "Ada");
    await ada.choose(photo);
    await expect(ada.pictures).toHaveCount(1);
    await expect.poll(live).toBe(1);
    await ada.page.goto(`${demo.url}${path}#elsewhere`);
    await expect(ada.page.getByRole("heading", { name: "#elsewhere" })).toBeVisible();
    await expect(ada.pictures).toHaveCount(0);
    await expect.poll(live).toBe(0);
  });

  test(`at ${path} a picture that was sent while away arrives on return`, async ({ demo, someone }) => {
    const ada = await someone({ path });
    await ada.time.take();
    await ada.enter(demo.url, "Ada");
    await demo.kill();
    await ada.isAway();
    await ada.time.stop(); // or the longer this takes, the longer she waits
    await ada.choose(photo);
    await expect(ada.page.locator("#pending img")).toHaveAccessibleName("a cat.png");
    expect(await demo.start()).toBe(true);
    await ada.time.goOn();
    await ada.isBack();
    await expect(ada.pictures).toHaveCount(1);
    await expect(ada.page.locator("#pending img")).toHaveCount(0);
  });

  test(`at ${path} the server looks at the bytes itself, and says what is wrong with them`, async ({
    demo,
    someone,
  }) => {
    const ada = await someone({ path });
    await ada.tamper("\\x89PNG", "<svg");
    await ada.enter(demo.url, "Ada");
    await ada.choose(photo);
    await expect(ada.page.locator("#pending .fate")).toHaveText(
      "Not sent: Only PNG, JPEG, GIF and WebP pictures can be sent",
    );
    await ada.say("never mind");
    await expect(ada.lines).toHaveText(["never mind"]);
    await expect(ada.pictures).toHaveCount(0);
  });

  test(`at ${path} a picture that the server has not any more is named`, async ({ demo, someone }) => {
    const ada = await someone();
    await ada.enter(demo.url, "Ada");
    await ada.choose(photo);
    await expect(ada.pictures).toHaveCount(1);
    const bob = await someone({ path });
    await bob.tamper("[0-9a-f]{32}", "0".repeat(32)); // the id that the picture is asked for by
    await bob.enter(demo.url, "Bob");
    await expect(bob.page.locator("#lines .picture")).toHaveText(
      "This picture is no longer available: a cat.png",
    );
  });
}
