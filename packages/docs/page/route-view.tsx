import type { ReactNode } from "react";
import type { PageMessage, PageRoute, PageValue } from "../src/page/page-data.ts";
import type { JsonObject } from "../src/schemas/json.ts";
import { ConsolePanel } from "./console/console-panel.tsx";
import type { RouteConsole } from "./console/console.ts";
import { ContractConsole } from "./console/contract-console.ts";
import { MessageForm } from "./console/message-form.tsx";
import { linkTo } from "./links.ts";
import { exampleOf } from "./schema/example.ts";
import type { Schemas } from "./schema/resolve.ts";
import { SchemaTree } from "./schema/schema-tree.tsx";

interface RouteViewProps {
  readonly route: PageRoute;
  readonly schemas: Schemas;
  readonly console: RouteConsole;
}

/** A route: how to connect, its messages, and its console. */
export function RouteView({ route, schemas, console }: RouteViewProps): ReactNode {
  return (
    <div className="route">
      <div>
        <h2>{route.path}</h2>
        <p className="hint">
          {route.kind === "contract" ? "A contract" : "A raw WebSocket route"}. A message to the server has at
          most {route.maxPayload.toLocaleString("en")} bytes.
          {route.kind === "socket" &&
            route.idleTimeout !== undefined &&
            ` The server closes after ${route.idleTimeout} ms without a message.`}
        </p>
        <Handshake route={route} schemas={schemas} />
        {route.kind === "contract" ? (
          <Messages route={route} schemas={schemas} console={console} />
        ) : (
          <>
            <Part heading="h3" title="You send" value={route.receive.schema} schemas={schemas} />
            <Part heading="h3" title="The server sends" value={route.send.schema} schemas={schemas} />
          </>
        )}
      </div>
      <ConsolePanel route={route} schemas={schemas} console={console} />
    </div>
  );
}

function Handshake({ route, schemas }: { readonly route: PageRoute; readonly schemas: Schemas }): ReactNode {
  return (
    <>
      {route.security.length > 0 && (
        <section>
          <h3>Who may connect</h3>
          <ul>
            {route.security.map(({ name, scheme }) => (
              <li key={name}>
                <strong>{name}</strong> <code>{JSON.stringify(scheme)}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
      {route.parameters.map(({ name, schema }) => (
        <Part heading="h3" key={name} title={`:${name}`} value={schema} schemas={schemas} />
      ))}
      {route.query && <Part heading="h3" title="Query" value={route.query} schemas={schemas} />}
    </>
  );
}

function Messages({
  route,
  schemas,
  console,
}: RouteViewProps & { readonly route: PageRoute & { readonly kind: "contract" } }): ReactNode {
  const sides = [
    ["client", "You send"],
    ["server", "The server sends"],
  ] as const;
  return sides.map(([side, title]) => {
    const messages = route.messages.filter(({ from }) => from === side);
    if (messages.length === 0) return null;
    return (
      <section key={side} aria-label={title}>
        <h3>{title}</h3>
        {messages.map((message) => (
          <Message key={message.key} route={route.key} message={message} schemas={schemas}>
            {side === "client" && console instanceof ContractConsole && (
              <details>
                <summary>Try it</summary>
                <MessageForm message={message} schemas={schemas} console={console} />
              </details>
            )}
          </Message>
        ))}
      </section>
    );
  });
}

interface MessageProps {
  readonly route: string;
  readonly message: PageMessage;
  readonly schemas: Schemas;
  readonly children: ReactNode;
}

const kinds = { event: "event", request: "request: one reply", stream: "stream: many items" } as const;

function Message({ route, message, schemas, children }: MessageProps): ReactNode {
  const link = linkTo(route, message.key);
  const { name, kind, data, output, upload, errors } = message;
  return (
    <article id={link.slice(1)} aria-label={name}>
      <h4>
        <code>{name}</code> <span className="kind">{kinds[kind]}</span>{" "}
        <a href={link} aria-label={`Link to ${name}`}>
          #
        </a>
      </h4>
      <ValuePart title="Data" value={data} schemas={schemas} />
      {upload && <ValuePart title="Each item that the caller sends" value={upload} schemas={schemas} />}
      {output && (
        <ValuePart title={kind === "stream" ? "Each item" : "Reply"} value={output} schemas={schemas} />
      )}
      {errors.map((error) => (
        <ValuePart key={error.code} title={`Error ${error.code}`} value={error.data} schemas={schemas} />
      ))}
      {children}
    </article>
  );
}

function ValuePart({
  title,
  value,
  schemas,
}: {
  readonly title: string;
  readonly value: PageValue;
  readonly schemas: Schemas;
}): ReactNode {
  return (
    <Part
      title={value.optional ? `${title}, may be left out` : title}
      value={value.schema}
      schemas={schemas}
    />
  );
}

interface PartProps {
  /** The level of its heading. @default "h5" */
  readonly heading?: "h3" | "h5";
  readonly title: string;
  readonly value: JsonObject;
  readonly schemas: Schemas;
}

/** A schema, with an example beside it. */
function Part({ heading: Heading = "h5", title, value, schemas }: PartProps): ReactNode {
  return (
    <section className="part">
      <Heading>{title}</Heading>
      <div className="columns">
        <SchemaTree schema={value} schemas={schemas} />
        {value["x-symbolon-unknown"] !== true && (
          <pre aria-label="Example">{JSON.stringify(exampleOf(value, schemas), undefined, 2)}</pre>
        )}
      </div>
    </section>
  );
}
