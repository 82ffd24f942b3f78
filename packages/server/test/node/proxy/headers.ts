/** Headers of the PROXY protocol, as balancers write them. */

/** Version 1. */
export function lineHeader(address: string, port = 56_324, family = address.includes(":") ? 6 : 4): string {
  const destination = family === 6 ? "2001:db8::1" : "198.51.100.1";
  return `PROXY TCP${family} ${address} ${destination} ${port} 443\r\n`;
}

/** Version 2 with the bytes of both addresses and ports; `after` is what the balancer adds. */
export function binaryHeader(
  addresses: Uint8Array,
  { command = 0x21, family = 0x11, after = Buffer.alloc(0) } = {},
): Buffer {
  const head = Buffer.from([...Buffer.from("\r\n\r\n\0\r\nQUIT\n"), command, family, 0, 0]);
  head.writeUInt16BE(addresses.length + after.length, 14);
  return Buffer.concat([head, addresses, after]);
}

/** The addresses and ports of a connection over IPv4. */
export function addresses4(address: string, port = 56_324): Buffer {
  const bytes = Buffer.from([...address.split(".").map(Number), 198, 51, 100, 1, 0, 0, 1, 187]);
  bytes.writeUInt16BE(port, 8);
  return bytes;
}

/** The same over IPv6; an address as hex digits. */
export function addresses6(address: string, port = 56_324): Buffer {
  const bytes = Buffer.concat([Buffer.from(address, "hex"), Buffer.alloc(20)]);
  bytes.writeUInt16BE(port, 32);
  return bytes;
}
