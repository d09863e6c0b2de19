import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";

import { logIn, loginWays, type Proof } from "../calls/session.ts";
import { Button } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { TextField } from "../parts/fields.tsx";
import { Loaded } from "../parts/states.tsx";
import { Outside } from "./outside.tsx";
import { takeHashSecret } from "./take-hash-secret.ts";

const route = getRouteApi("/login");

/** Logs in: by a one-time link, by name and password, or where an identity provider sends back to. */
export function LoginPage(): ReactNode {
  const { next = "/" } = route.useSearch();
  const router = useRouter();
  const ways = useQuery(loginWays);
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setIsBusy] = useState(false);
  const enter = async (proof: Proof): Promise<void> => {
    setIsBusy(true);
    setError(undefined);
    try {
      await logIn(proof);
      await router.navigate({ href: next });
    } catch (thrown) {
      setError(thrown);
    } finally {
      setIsBusy(false);
    }
  };
  useLink((link) => void enter({ link }));
  useEffect(() => {
    document.title = "Log in · ServiceRadar Sync";
  }, []);
  const provider = ways.data?.oidc ?? undefined;
  return (
    <Outside title="Log in" about="Users are made by whoever administers this core.">
      <Failure error={error} />
      <Loaded query={ways} lines={3}>
        {() => <PasswordForm isBusy={isBusy} onEnter={(proof) => void enter(proof)} />}
      </Loaded>
      {provider !== undefined && (
        <a className="button" href={`/api/v1/login/oidc?next=${encodeURIComponent(next)}`}>
          Log in with {provider.name}
        </a>
      )}
    </Outside>
  );
}

/** A link is good once, and React may run an effect twice. */
function useLink(use: (link: string) => void): void {
  const isUsed = useRef(false);
  useEffect(() => {
    if (isUsed.current) return;
    isUsed.current = true;
    const link = takeHashSecret("link");
    if (link !== undefined) use(link);
  });
}

type PasswordFormProps = {
  readonly isBusy: boolean;
  readonly onEnter: (proof: { readonly username: string; readonly password: string }) => void;
};

function PasswordForm({ isBusy, onEnter }: PasswordFormProps): ReactNode {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onEnter({ username, password });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        label="Name"
        autoComplete="username"
        autoFocus
        required
        value={username}
        onChange={setUsername}
      />
      <TextField
        label="Password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
      />
      <Button type="submit" kind="primary" disabled={isBusy}>
        {isBusy ? "Logging in…" : "Log in"}
      </Button>
    </form>
  );
}
