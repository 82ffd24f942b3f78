import type { Client } from "@symbolon/client";
import { useStatus, useStream } from "@symbolon/client/react";
import { type ReactNode, useEffect } from "react";
import type { chat } from "../../contract.ts";
import { isStreamLost, typingText } from "../shared/typing-text.ts";

/** Shows who is typing; shows nothing while there is no connection. */
export function TypingIndicator({ client }: { readonly client: Client<typeof chat> }): ReactNode {
  const { state } = useStatus(client);
  const { items, status, error, restart } = useStream(client, "typing", null, { keep: 1 });
  const [names = []] = status === "streaming" && state === "open" ? items : [];

  useEffect(() => {
    if (isStreamLost(error)) restart();
  }, [error, restart]);

  return (
    <p id="typing" role="status">
      {typingText(names).map((part, index) =>
        typeof part === "string" ? part : <bdi key={index}>{part.name}</bdi>,
      )}
    </p>
  );
}
