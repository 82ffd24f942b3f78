import { contract, stream } from "@symbolon/protocol";
import { act, createElement, type ReactNode, StrictMode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { type StreamState, useStream } from "../../src/react/index.ts";
import { fakeSockets, pass, welcome } from "../connection/fakes.ts";
import { type ComponentPage, openComponentPage } from "./component-page.ts";

const model = contract("/model", {
  client: { answer: stream({ input: z.string(), output: z.string() }) },
});

let page: ComponentPage;

beforeEach(async () => {
  page = await openComponentPage();
  vi.useFakeTimers({ now: 0 });
});
afterEach(async () => {
  act(() => page.root.unmount());
  vi.useRealTimers();
  await page.close();
});

/** A client over a fake socket that is open, and a component with a stream; the test plays the server. */
async function useAnswer() {
  const { last, WebSocket } = fakeSockets();
  const client = connect(model, { url: "ws://test", WebSocket });
  void client.opened;
  await pass();
  last().emitOpen();
  last().emitMessage(welcome());
  last().sent.length = 0;
  /** `enabled`, the status and the items of each rendering since the last call of `renderings`. */
  const renderings: string[] = [];
  let state: StreamState<string> | undefined;
  function Answer({ question, enabled }: { readonly question: string; readonly enabled?: boolean }) {
    state = useStream(client, "answer", question, {
      keep: Infinity,
      ...(enabled !== undefined && { enabled }),
    });
    renderings.push(`${enabled} ${state.status} ${state.items.join("")}`);
    return null;
  }
  const show = (node: ReactNode) => act(async () => page.root.render(node));
  const element = (question: string, enabled?: boolean) =>
    createElement(Answer, { question, ...(enabled !== undefined && { enabled }) });
  return {
    show,
    element,
    render: (question: string, enabled?: boolean) => show(element(question, enabled)),
    receive: (frame: string) => act(async () => last().emitMessage(frame)),
    restart: () => act(async () => state?.restart()),
    state: () => ({ status: state?.status, items: state?.items, error: state?.error }),
    renderings: () => renderings.splice(0),
    /** The streams that the client has asked for or cancelled since the last call. */
    sent: () =>
      last()
        .sent.splice(0)
        .map((frame) => JSON.parse(String(frame)) as { readonly t: string; readonly data?: string })
        .filter(({ t }) => t === "stream" || t === "cancel")
        .map(({ t, data }) => (data === undefined ? t : `${t} ${data}`)),
  };
}

test("a stream with enabled: false is idle and asks the server for nothing, also for another input", async () => {
  const { render, sent, state } = await useAnswer();
  await render("why?", false);
  expect(state()).toEqual({ status: "idle", items: [], error: undefined });
  await render("how?", false);
  expect(state()).toEqual({ status: "idle", items: [], error: undefined });
  expect(sent()).toEqual([]);
});

test("a stream starts when enabled turns to true, and false cancels it at the server and keeps its items", async () => {
  const { render, receive, sent, renderings } = await useAnswer();
  await render("why?", false);
  await render("why?", true);
  expect(sent()).toEqual(["stream why?"]);
  await receive('{"s":1,"t":"next","re":1,"data":"be"}');
  await receive('{"s":2,"t":"next","re":1,"data":"cause"}');
  await render("why?", false);
  expect(sent()).toEqual(["cancel"]);
  expect(new Set(renderings())).toEqual(
    new Set([
      "false idle ",
      "true streaming ",
      "true streaming be",
      "true streaming because",
      "false streaming because", // the rendering whose effect cancels
      "false idle because",
    ]),
  );
  await receive('{"s":3,"t":"next","re":1,"data":" of"}');
  expect(renderings()).toEqual([]);
});

test("a stream that is enabled again starts without the items of before, in its first rendering too", async () => {
  const { render, receive, sent, state, renderings } = await useAnswer();
  await render("why?", true);
  await receive('{"s":1,"t":"next","re":1,"data":"a"}');
  await receive('{"s":2,"t":"end","re":1}');
  expect(state()).toMatchObject({ status: "done", items: ["a"] });
  await render("why?", false);
  expect(state()).toMatchObject({ status: "idle", items: ["a"] });
  renderings();
  sent();
  await render("why?", true);
  expect(new Set(renderings())).toEqual(new Set(["true streaming "]));
  expect(sent()).toEqual(["stream why?"]);
});

test("a stream that has failed is idle, without its error, when enabled turns to false", async () => {
  const { render, receive, state } = await useAnswer();
  await render("why?", true);
  await receive('{"s":1,"t":"error","re":1,"code":"BUSY","message":"busy"}');
  expect(state()).toMatchObject({ status: "error", error: { code: "BUSY" } });
  await render("why?", false);
  expect(state()).toEqual({ status: "idle", items: [], error: undefined });
});

test("restart starts a stream with enabled: false, as refetch does in TanStack Query", async () => {
  const { render, receive, restart, sent, state } = await useAnswer();
  await render("why?", false);
  await restart();
  expect(sent()).toEqual(["stream why?"]);
  await receive('{"s":1,"t":"next","re":1,"data":"a"}');
  expect(state()).toEqual({ status: "streaming", items: ["a"], error: undefined });
  await receive('{"s":2,"t":"end","re":1}');
  expect(state()).toEqual({ status: "done", items: ["a"], error: undefined });
});

test("enabled: true is the default, and to name it starts no other stream", async () => {
  const { render, sent } = await useAnswer();
  await render("why?");
  expect(sent()).toEqual(["stream why?"]);
  await render("why?", true);
  expect(sent()).toEqual([]);
});

test("in StrictMode a stream that is disabled at its mount is never asked for, and one that is enabled ends as one", async () => {
  const { show, element, sent, state } = await useAnswer();
  const strict = (enabled: boolean) => show(createElement(StrictMode, null, element("why?", enabled)));
  await strict(false);
  expect(sent()).toEqual([]);
  await strict(true);
  expect(sent()).toEqual(["stream why?"]);
  await show(null);
  expect(sent()).toEqual(["cancel"]);
  await strict(true); // React mounts it twice
  expect(sent().toSorted()).toEqual(["cancel", "stream why?", "stream why?"]);
  expect(state()).toEqual({ status: "streaming", items: [], error: undefined });
});
