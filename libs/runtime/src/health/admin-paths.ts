/** What operators ask of every process, without a credential. Apart from the server, so that the telemetry entry loads no more. */
export const ADMIN_PATHS: readonly string[] = ['/livez', '/readyz', '/metrics'];
