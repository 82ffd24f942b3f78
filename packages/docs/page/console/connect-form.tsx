import { type ReactNode, useState } from "react";
import type { PageRoute } from "../../src/page/page-data.ts";
import { isJsonObject, type JsonValue } from "../../src/schemas/json.ts";
import { useObservable } from "../observable.ts";
import { exampleOf } from "../schema/example.ts";
import type { Schemas } from "../schema/resolve.ts";
import { ValueField } from "../schema/value-field.tsx";
import type { RouteConsole } from "./console.ts";

interface ConnectFormProps {
  readonly route: PageRoute;
  readonly schemas: Schemas;
  readonly console: RouteConsole;
}

/** With what to connect: the parameters, the query and the token. */
export function ConnectForm({ route, schemas, console }: ConnectFormProps): ReactNode {
  const { state } = useObservable(console.status);
  const [params, setParams] = useState(() =>
    Object.fromEntries(
      route.parameters
        .filter(({ optional }) => !optional)
        .map(({ name, schema }) => [name, toText(exampleOf(schema, schemas))]),
    ),
  );
  const [query, setQuery] = useState<JsonValue | undefined>(
    () => route.query && exampleOf(route.query, schemas),
  );
  const [token, setToken] = useState("");
  const isIdle = state === "idle" || state === "closed";
  const connect = (): void => {
    const given = Object.entries(params).filter(([, value]) => value !== "");
    console.connect({
      params: Object.fromEntries(given),
      query: isJsonObject(query) ? query : {},
      token,
    });
  };
  return (
    <form
      aria-label="Connect"
      onSubmit={(event) => {
        event.preventDefault();
        if (isIdle) connect();
        else console.disconnect();
      }}
    >
      <fieldset hidden={!isIdle} className="plain">
        {route.parameters.map(({ name, optional, schema }) => (
          <ValueField
            key={name}
            label={name}
            schema={{ ...schema, type: "string" }}
            schemas={schemas}
            optional={optional}
            value={params[name]}
            onChange={(value) => setParams({ ...params, [name]: typeof value === "string" ? value : "" })}
          />
        ))}
        {route.query && (
          <ValueField
            label="query"
            schema={route.query}
            schemas={schemas}
            value={query}
            onChange={setQuery}
          />
        )}
        {route.kind === "contract" && (
          <div className="field">
            <label htmlFor="token">
              token <span className="hint">optional</span>
            </label>
            <input
              id="token"
              type="password"
              autoComplete="off"
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
            <span className="hint">
              The page keeps it until you leave. Cookies of this site are sent in any case.
            </span>
          </div>
        )}
      </fieldset>
      <button type="submit" className="main">
        {isIdle ? "Connect" : "Disconnect"}
      </button>
    </form>
  );
}

/** A parameter is a text in the address. */
function toText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
