import { type ReactNode, useId, useState } from "react";
import type { PageRoute } from "../../src/page/page-data.ts";
import type { JsonValue } from "../../src/schemas/json.ts";
import { useObservable } from "../observable.ts";
import { exampleOf } from "../schema/example.ts";
import type { Schemas } from "../schema/resolve.ts";
import { JsonField, ValueField } from "../schema/value-field.tsx";
import { ConnectForm } from "./connect-form.tsx";
import type { RouteConsole, ServerCall } from "./console.ts";
import { ContractConsole, itemsText } from "./contract-console.ts";
import { LogView } from "./log-view.tsx";
import { SocketConsole } from "./socket-console.ts";

/** How long the button cuts the network, in ms. */
const cutTime = 5_000;

interface PanelProps {
  readonly route: PageRoute;
  readonly schemas: Schemas;
  readonly console: RouteConsole;
}

/** The console of a route. */
export function ConsolePanel({ route, schemas, console }: PanelProps): ReactNode {
  return (
    <aside aria-label="Console" className="console">
      <h3>Console</h3>
      <ConnectForm route={route} schemas={schemas} console={console} />
      <StatusLine console={console} />
      {console instanceof ContractConsole && (
        <>
          <Figures console={console} />
          <Streams console={console} />
          <Calls console={console} />
          {route.kind === "contract" && route.presence && (
            <Presence console={console} data={route.presence.data} schemas={schemas} />
          )}
        </>
      )}
      {console instanceof SocketConsole && <TextForm console={console} />}
      <LogView log={console.log} name={route.key} />
    </aside>
  );
}

const words = {
  idle: "Not connected",
  connecting: "Connecting",
  open: "Connected",
  waiting: "Waiting to connect again",
  cut: "The network is cut",
  closed: "Closed",
} as const;

function StatusLine({ console }: { readonly console: RouteConsole }): ReactNode {
  const { state, reason } = useObservable(console.status);
  return (
    <div className="row">
      <p role="status" className={`state ${state}`}>
        <strong>{words[state]}</strong>
        {reason !== undefined && `: ${reason}`}
      </p>
      {console instanceof ContractConsole && state !== "idle" && state !== "closed" && (
        <button type="button" disabled={state === "cut"} onClick={() => console.cut(cutTime)}>
          Cut the network for {cutTime / 1000} s
        </button>
      )}
    </div>
  );
}

function Figures({ console }: { readonly console: ContractConsole }): ReactNode {
  const figures = useObservable(console.figures);
  if (figures.session === undefined) return null;
  const rows = {
    session: `${figures.session}…, ${figures.began ?? ""}`,
    "messages sent": `${figures.sent}, of which ${figures.acknowledged} are acknowledged`,
    "messages received": figures.received,
    "round trip": figures.roundTrip === undefined ? "–" : `${Math.round(figures.roundTrip)} ms`,
    bytes: `${figures.bytesSent} sent, ${figures.bytesReceived} received`,
  };
  return (
    <dl className="figures" aria-label="Session">
      {Object.entries(rows).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Streams({ console }: { readonly console: ContractConsole }): ReactNode {
  const streams = useObservable(console.streams);
  return streams.map(({ id, name, items, cancel }) => (
    <div className="row" key={id}>
      <span>
        <code>{name}</code> runs: {itemsText(items)}
      </span>
      <button type="button" className="quiet" onClick={cancel}>
        Cancel {name}
      </button>
    </div>
  ));
}

function Calls({ console }: { readonly console: ContractConsole }): ReactNode {
  const calls = useObservable(console.calls);
  return calls.map((call) => <CallForm key={call.id} call={call} />);
}

/** The reader answers a call of the server. */
function CallForm({ call }: { readonly call: ServerCall }): ReactNode {
  const { name, kind, input, answer, fail } = call;
  const [value, setValue] = useState<JsonValue | undefined>(kind === "stream" ? [] : null);
  return (
    <form
      className="call"
      aria-label={`Answer ${name}`}
      onSubmit={(event) => {
        event.preventDefault();
        answer(value);
      }}
    >
      <p>
        The server asks <code>{name}</code>:
      </p>
      <pre>{JSON.stringify(input, undefined, 2)}</pre>
      <JsonField
        label={kind === "stream" ? "the items, in an array" : "the answer"}
        value={value}
        onChange={setValue}
      />
      <div className="row">
        <button type="submit" className="main">
          Answer
        </button>
        <button type="button" className="quiet" onClick={() => fail("REFUSED", "refused in the console")}>
          Refuse
        </button>
      </div>
    </form>
  );
}

/** Follows the members of a room, and shows data there. */
function Presence({
  console,
  data: schema,
  schemas,
}: {
  readonly console: ContractConsole;
  readonly data: PageData;
  readonly schemas: Schemas;
}): ReactNode {
  const members = useObservable(console.members);
  const { state } = useObservable(console.status);
  const [room, setRoom] = useState("");
  const [data, setData] = useState<JsonValue | undefined>(() => exampleOf(schema, schemas));
  const id = useId();
  const isConnected = state !== "idle" && state !== "closed";
  return (
    <details>
      <summary>Presence in rooms</summary>
      <form
        aria-label="Presence"
        onSubmit={(event) => {
          event.preventDefault();
          console.follow(room, data);
        }}
      >
        <div className="field">
          <label htmlFor={id}>room</label>
          <input id={id} required value={room} onChange={(event) => setRoom(event.target.value)} />
          <span className="hint">The server lets the client join; its members show then.</span>
        </div>
        <ValueField label="what to show" schema={schema} schemas={schemas} value={data} onChange={setData} />
        <button type="submit" disabled={!isConnected}>
          Show
        </button>
      </form>
      {Object.entries(members).map(([name, list]) => (
        <div key={name}>
          <p>
            <code>{name}</code>: {list.length} members
          </p>
          <pre>{JSON.stringify(list, undefined, 2)}</pre>
        </div>
      ))}
    </details>
  );
}

type PageData = Parameters<typeof exampleOf>[0];

function TextForm({ console }: { readonly console: SocketConsole }): ReactNode {
  const { state } = useObservable(console.status);
  const [text, setText] = useState("");
  const id = useId();
  return (
    <form
      aria-label="Send a text"
      onSubmit={(event) => {
        event.preventDefault();
        console.send(text);
      }}
    >
      <div className="field">
        <label htmlFor={id}>text message</label>
        <textarea id={id} rows={3} value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      <button type="submit" className="main" disabled={state !== "open"}>
        Send
      </button>
    </form>
  );
}
