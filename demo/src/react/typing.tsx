import type { Client } from "@symbolon/client";
import { useStatus, useStream } from "@symbolon/client/react";
import { type ReactNode, useEffect } from "react";
import type { chat } from "../../contract.ts";
import { isCutShort } from "../fate.ts";
import { typingText } from "../typing-text.ts";

/** Who is writing; unknown while there is no connection. */
export function Typing({ client }: { readonly client: Client<typeof chat> }): ReactNode {
  const { state } = useStatus(client);
  const { items, status, error, restart } = useStream(client, "typing", null, { keep: 1 });
  const [names = []] = status === "streaming" && state === "open" ? items : [];

  useEffect(() => {
    if (isCutShort(error)) restart();
  }, [error, restart]);

  return (
    <p id="typing" role="status">
      {typingText(names).map((piece, index) =>
        typeof piece === "string" ? piece : <bdi key={index}>{piece.name}</bdi>,
      )}
    </p>
  );
}
