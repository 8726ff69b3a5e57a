const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/;

/** True for a host name or address of this machine itself: what goes there needs no TLS. */
export const isLoopback = (host: string): boolean => loopback.test(host);
