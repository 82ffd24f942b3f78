export { connect } from "@symbolon/client";
export * from "@symbolon/client/react";
