/** A part of a program as the parser gives it: a node with a type and its place in the text. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A function of a module, with a body. */
export interface FunctionNode {
  /** Its name, then the names of what it is declared in, the nearest first. */
  readonly names: readonly string[];
  readonly body: Node;
  /** Whether it is one call, perhaps under a condition: it passes on what it gets. */
  readonly forwards: boolean;
  /** The `await` expressions of the function itself. */
  readonly awaits: Node[];
  /** Whether it pauses by `yield` or `for await`. */
  iterates: boolean;
}

/** All functions of a program. */
export function functionsOf(program: unknown): FunctionNode[] {
  const found: FunctionNode[] = [];
  const visit = (node: Node, names: readonly string[], enclosing: FunctionNode | undefined): void => {
    const own = declaredName(node);
    const inner = own === undefined ? names : [own, ...names];
    let owner = enclosing;
    if (isFunction(node)) {
      const body = node["body"] as Node;
      owner = {
        names: inner,
        body,
        forwards: isCall(body),
        awaits: [],
        iterates: node["generator"] === true,
      };
      found.push(owner);
    } else if (node.type === "AwaitExpression") enclosing?.awaits.push(node);
    else if (node.type === "ForOfStatement" && node["await"] === true && enclosing) enclosing.iterates = true;
    for (const child of childrenOf(node)) visit(child, inner, owner);
  };
  visit(program as Node, [], undefined);
  return found;
}

export function isFunction({ type, body }: Node): boolean {
  const kinds = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
  return kinds.includes(type) && typeof body === "object" && body !== null;
}

/** Whether a body is one call, perhaps under a condition, and nothing else. */
function isCall(node: Node): boolean {
  const { type, expression, argument, body, consequent } = node;
  if (type === "BlockStatement") return Array.isArray(body) && body.length === 1 && isCall(body[0] as Node);
  if (["ParenthesizedExpression", "ExpressionStatement", "ChainExpression"].includes(type))
    return isCall(expression as Node);
  if (["ReturnStatement", "UnaryExpression", "AwaitExpression"].includes(type))
    return argument !== null && isCall(argument as Node);
  if (type === "ConditionalExpression") return isCall(consequent as Node);
  return type === "CallExpression";
}

/** The name that a node gives to a function in it. */
function declaredName({ type, id, key, computed }: Node): string | undefined {
  const named = ["VariableDeclarator", "FunctionDeclaration"].includes(type)
    ? id
    : ["PropertyDefinition", "MethodDefinition", "Property"].includes(type) && computed !== true
      ? key
      : undefined;
  const { type: kind, name } = Object(named) as Partial<Node>;
  if (kind === "Identifier") return String(name);
  return kind === "PrivateIdentifier" ? `#${String(name)}` : undefined;
}

/** The nodes directly in a node. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Node => typeof Object(value).type === "string");
}
