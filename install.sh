#!/bin/sh
# The installer for hosts without a checkout. It is not here yet: there are no packages to install. Until there are it says
# what to do instead, and ends with an error, so that no script takes the silence for an installation.
set -eu

main() {
  cat >&2 <<'TEXT'
install.sh: nothing was installed. There are no packages of ServiceRadar Sync yet.

Run it from a checkout instead; that takes git, Node.js 20 or newer and npm:

  npm run demo                                 see all of it at work; Ctrl-C ends it
  npm run -s core -- serve                     the core, with its own PostgreSQL; prints what to do next
  npm run -s agent -- run --config agent.json  an agent, with the folder that "core -- agent create" wrote

README.md leads from there to the devices of your own NetBox.
TEXT
  return 1
}

main "$@"
