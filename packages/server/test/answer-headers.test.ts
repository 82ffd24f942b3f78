import { contract } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { testClient } from "../src/testing.ts";

test.each(["é", "日本", "a\u0000b", "a\nb"])(
  "a header value like %j refuses with 500, and is told",
  async (value) => {
    const app = createApp({ onError: () => {} });
    const caught: unknown[] = [];
    app.ws("/own", (socket) => socket.accept({ headers: { "x-city": value } }));
    app.ws("/caught", async (socket) => {
      await socket.accept({ headers: [["x-city", value]] }).catch((error: unknown) => caught.push(error));
      await socket.accept();
    });
    const net = testClient(app);
    await expect(net.connect("/own")).rejects.toMatchObject({ response: { status: 500 } });
    expect(net.errors).toEqual([expect.any(TypeError)]);
    (await net.connect("/caught")).close();
    expect(caught).toEqual([expect.any(TypeError)]);
  },
);

test("a header value beyond ASCII that a hook adds refuses with 500, and is told", async () => {
  const app = createApp({ onError: () => {} });
  const view = app.use(({ answer }) => answer.set("x-city", "Orléans"));
  view.ws("/", (socket) => socket.accept());
  view.implement(contract("/chat", {}), () => ({}));
  const net = testClient(app);
  for (const path of ["/", "/chat"])
    await expect(net.connect(path)).rejects.toMatchObject({ response: { status: 500 } });
  const told = new TypeError('the value of the header "x-city" is not ASCII: percent-encode it');
  expect(net.errors).toEqual([told, told]);
});
