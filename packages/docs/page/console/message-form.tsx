import { type ReactNode, useState } from "react";
import type { PageMessage } from "../../src/page/page-data.ts";
import type { JsonValue } from "../../src/schemas/json.ts";
import { useObservable } from "../observable.ts";
import { exampleOf } from "../schema/example.ts";
import type { Schemas } from "../schema/resolve.ts";
import { JsonField, ValueField } from "../schema/value-field.tsx";
import type { ContractConsole } from "./contract-console.ts";

interface MessageFormProps {
  readonly message: PageMessage;
  readonly schemas: Schemas;
  readonly console: ContractConsole;
}

const verbs = { event: "Send", request: "Request", stream: "Run" } as const;

/** Sends a message of the client: its fields, or the value as JSON. */
export function MessageForm({ message, schemas, console }: MessageFormProps): ReactNode {
  const { state } = useObservable(console.status);
  const [isJson, setIsJson] = useState(false);
  const [data, setData] = useState<JsonValue | undefined>(() =>
    message.data.optional ? undefined : exampleOf(message.data.schema, schemas),
  );
  const [upload, setUpload] = useState<JsonValue | undefined>(() =>
    message.upload === undefined ? undefined : [exampleOf(message.upload.schema, schemas)],
  );
  const isConnected = state !== "idle" && state !== "closed";
  return (
    <form
      aria-label={`${verbs[message.kind]} ${message.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        void console.send(message, data, Array.isArray(upload) ? upload : []);
      }}
    >
      {isJson ? (
        <JsonField label="data" value={data} onChange={setData} />
      ) : (
        <ValueField
          label="data"
          schema={message.data.schema}
          schemas={schemas}
          optional={message.data.optional}
          value={data}
          onChange={setData}
        />
      )}
      {message.upload && <JsonField label="uploaded items" value={upload} onChange={setUpload} />}
      <div className="row">
        <button type="submit" className="main" disabled={!isConnected}>
          {verbs[message.kind]}
        </button>
        <button type="button" className="quiet" onClick={() => setIsJson(!isJson)}>
          {isJson ? "Form" : "JSON"}
        </button>
        {!isConnected && <span className="hint">Connect first.</span>}
      </div>
    </form>
  );
}
