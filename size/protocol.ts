export * from "@symbolon/protocol";
