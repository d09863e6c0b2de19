/** Exit codes of both executables, stated in README; the systemd unit never restarts on `config`. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  partial: 3,
  auth: 4,
  unreachable: 5,
  busy: 75,
  config: 78,
} as const;
