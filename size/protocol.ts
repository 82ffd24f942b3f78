export * from "@symbolon/protocol";
export * from "@symbolon/protocol/internal";
