import type { z } from "@hono/zod-openapi";

import type { loginLinkSchema, userSchema } from "../api/contract-people.ts";
import { oneOf, optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { LIST_FLAGS, showList, type ShownList } from "./core-list.ts";
import { Misuse, platformCommand, type Session } from "./core-session.ts";
import type { Command } from "./program.ts";
import { plain } from "./table.ts";
import { agoText } from "./wording.ts";

type User = z.infer<typeof userSchema>;
type Link = z.infer<typeof loginLinkSchema>;

const NAME = required("NAME", "what the user logs in with");
const PASSWORD_FLAG = {
  passwordStdin: toggle("read the password from standard input; it is never an argument"),
};
/** Where the page is of a core that does not run, unless it is moved. */
const URL_DEFAULT = "http://127.0.0.1:8080";

/** user list, create, change, disable, enable, delete, password, link. */
export const USER_COMMANDS: readonly Command<CoreContext>[] = [
  platformCommand({
    name: "user list",
    summary: "Show who may log in to the web page",
    flags: LIST_FLAGS,
    run: (wanted, session) => showList(session, userList(session), wanted),
  }),
  platformCommand({
    name: "user create",
    summary: "Make a user; without a password, for one-time links",
    operands: { name: NAME },
    flags: {
      displayName: optional("TEXT", "what people call him (default: the name)"),
      platformAdmin: toggle("may manage tenants and users; device rows need a role in the tenant"),
      ...PASSWORD_FLAG,
    },
    run: async ({ name, displayName, platformAdmin, passwordStdin }, session) => {
      const body = await session.ask<User>({
        method: "POST",
        path: "/api/v1/users",
        body: {
          username: name,
          display_name: displayName,
          is_platform_admin: platformAdmin,
          password: passwordStdin ? await passwordFrom(session) : undefined,
        },
      });
      session.show(body, () => [
        `User ${body.username} is made. Next, a role in a tenant, and a way in:`,
        `  ${session.commandLine(`member set ${body.username} --role viewer`)}`,
        ...(body.has_password ? [] : [`  ${session.commandLine(`user link ${body.username}`)}`]),
      ]);
    },
  }),
  platformCommand({
    name: "user change",
    summary: "Change what a user is called, or whether he may manage the platform",
    operands: { name: NAME },
    flags: {
      displayName: optional("TEXT", "what people call him"),
      platformAdmin: oneOf(["yes", "no"], "whether he may manage tenants and users"),
    },
    run: async ({ name, displayName, platformAdmin }, session) => {
      if (displayName === undefined && platformAdmin === undefined) {
        throw new Misuse("say --display-name or --platform-admin");
      }
      const isAdmin = platformAdmin === undefined ? undefined : platformAdmin === "yes";
      const body = { display_name: displayName, is_platform_admin: isAdmin };
      const asked = { method: "PATCH", path: userPath(name), body } as const;
      const user = await session.ask<User>(asked);
      session.show(user, () => [
        `User ${user.username} is called ${plain(user.display_name)} and may ${user.is_platform_admin ? "" : "not "}manage the platform.`,
      ]);
    },
  }),
  change("user disable", "End a user's sessions and let him in no more", {
    body: { is_disabled: true },
    done: (name) => `User ${name} is disabled; his sessions have ended.`,
  }),
  change("user enable", "Let a disabled user in again", {
    body: { is_disabled: false },
    done: (name) => `User ${name} may log in again.`,
  }),
  platformCommand({
    name: "user delete",
    summary: "Remove a user, with sessions and roles; the audit keeps the name",
    operands: { name: NAME },
    run: async ({ name }, session) => {
      await session.ask({ method: "DELETE", path: userPath(name) });
      session.show({}, () => [`User ${name} is removed.`]);
    },
  }),
  platformCommand({
    name: "user password",
    summary: "Give a user a new password; ends his sessions",
    operands: { name: NAME },
    flags: PASSWORD_FLAG,
    run: async ({ name }, session) => {
      const password = await passwordFrom(session);
      const body = await session.ask<User>({
        method: "PATCH",
        path: userPath(name),
        body: { password },
      });
      session.show(body, () => [
        `User ${body.username} has a new password; his sessions have ended.`,
      ]);
    },
  }),
  platformCommand({
    name: "user link",
    summary: "Make a one-time link by which a user logs in",
    operands: { name: NAME },
    flags: { url: optional("URL", "where the page is (default: as the core knows it)") },
    run: async ({ name, url }, session) => {
      const path = `${userPath(name)}/link`;
      const body = await session.ask<Link>({ method: "POST", path });
      session.show(body, () => {
        session.context.printError("It is good for one log-in, within 15 minutes:");
        const known = url === undefined ? body.url : undefined;
        return [known ?? `${(url ?? URL_DEFAULT).replace(/\/+$/, "")}${body.path}`];
      });
    },
  }),
];

const userPath = (name: string): string => `/api/v1/users/${encodeURIComponent(name)}`;

function change(
  name: string,
  summary: string,
  { body, done }: { readonly body: object; readonly done: (name: string) => string },
): Command<CoreContext> {
  return platformCommand({
    name,
    summary,
    operands: { name: NAME },
    run: async ({ name: user }, session) => {
      const changed = await session.ask<User>({ method: "PATCH", path: userPath(user), body });
      session.show(changed, () => [done(changed.username)]);
    },
  });
}

/** One line: what a shell adds at its end is no part of it. */
async function passwordFrom({ context }: Session): Promise<string> {
  const text = (await context.readStdin()).replace(/\r?\n$/, "");
  if (text !== "") return text;
  throw new Misuse("--password-stdin: standard input holds no password");
}

function userList(session: Session): ShownList<"users", User> {
  const nowMs = session.context.clock.now();
  return {
    path: ["users"],
    name: "users",
    none: `Nobody can log in yet; make a user with: ${session.commandLine("user create NAME")}`,
    columns: [
      { title: "USER", text: (user) => user.username },
      { title: "NAME", text: (user) => user.display_name },
      { title: "STATE", text: (user) => (user.is_disabled ? "disabled" : "active") },
      { title: "PLATFORM", text: (user) => (user.is_platform_admin ? "admin" : undefined) },
      {
        title: "TENANTS",
        text: (user) =>
          user.tenants.map(({ slug, role }) => `${slug}:${role}`).join(" ") || undefined,
      },
      { title: "LAST LOG-IN", text: (user) => agoText(user.last_login_at, nowMs) },
    ],
  };
}
