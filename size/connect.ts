export { connect } from "@symbolon/client";
