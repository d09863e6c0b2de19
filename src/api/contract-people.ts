/** Of the contract: log-in, users, what they may, and the audit. */
import { z } from "@hono/zod-openapi";

import { count, pageQuery, time } from "./contract.ts";

const username = z.string().openapi({ example: "alice" });
const given = z.string().max(100);
const displayName = z.string().trim().min(1).max(200);
/** Longer ones are refused in words; this bounds what is hashed. */
const password = z.string().min(1).max(2_048);
const role = z.enum(["viewer", "operator", "admin"]);
const token = z.string().min(1).max(200);

/** What a user may in a tenant. */
const membershipSchema = z
  .object({ slug: z.string(), name: z.string(), role })
  .openapi("Membership");

/** Whether anybody can log in yet. */
export const setupStateSchema = z.object({ needed: z.boolean() }).openapi("SetupState");

/** The first user. */
export const setupSchema = z
  .object({ token, username: given, password, display_name: displayName.optional() })
  .strict()
  .openapi("Setup");

/** How one may log in. */
export const loginWaysSchema = z
  .object({ password: z.literal(true), oidc: z.object({ name: z.string() }).nullable() })
  .openapi("LoginWays");

/** A log-in: by password, or by a one-time link. */
export const loginSchema = z
  .union([z.object({ username: given, password }).strict(), z.object({ link: token }).strict()])
  .openapi("Login");

/** Who is logged in. */
export const sessionSchema = z
  .object({
    user: z.object({
      username,
      display_name: z.string(),
      is_platform_admin: z.boolean(),
      has_password: z.boolean(),
    }),
    csrf_token: z.string().openapi({ description: "Goes into x-csrf-token with every change" }),
    expires_at: time,
    tenants: z.array(membershipSchema),
    login: z.object({ oidc: z.boolean() }),
  })
  .openapi("Session");

/** A new password of one's own. */
export const passwordChangeSchema = z
  .object({
    current: password.optional().openapi({
      description: "Left out by who has none yet and came by a one-time link",
    }),
    new: password,
  })
  .strict()
  .openapi("PasswordChange");

/** A user. */
export const userSchema = z
  .object({
    username,
    display_name: z.string(),
    is_platform_admin: z.boolean(),
    is_disabled: z.boolean(),
    has_password: z.boolean(),
    is_oidc: z.boolean().openapi({ description: "Known to the identity provider" }),
    created_at: time,
    last_login_at: time.optional(),
    tenants: z.array(membershipSchema),
  })
  .openapi("User");

/** A user that is to be made; without a password, for links and OIDC. */
export const newUserSchema = z
  .object({
    username: given,
    display_name: displayName.optional(),
    password: password.optional(),
    is_platform_admin: z.boolean().default(false),
  })
  .strict()
  .openapi("NewUser");

/** What of a user changes. */
export const userChangeSchema = z
  .object({
    display_name: displayName.optional(),
    is_platform_admin: z.boolean().optional(),
    is_disabled: z.boolean().optional(),
    password: password.optional(),
  })
  .strict()
  .openapi("UserChange");

/** A one-time link of a user's. */
export const loginLinkSchema = z
  .object({
    link: z.string(),
    path: z.string(),
    url: z.string().optional().openapi({
      description: "`path` where this core's page is: `--public-url`, else where it listens",
    }),
    expires_at: time,
  })
  .openapi("LoginLink");

/** A user in a tenant. */
export const memberSchema = z
  .object({
    username,
    display_name: z.string(),
    role,
    is_disabled: z.boolean(),
    by_oidc: z.boolean().openapi({ description: "Given by a group of the identity provider" }),
    last_login_at: time.optional(),
  })
  .openapi("Member");

/** The role that a member is to have. */
export const memberChangeSchema = z.object({ role }).strict().openapi("MemberChange");

/** Which entries of the audit are wanted. */
export const auditQuery = pageQuery.extend({
  actor: z.string().max(200).optional().openapi({ example: "user:alice" }),
  action: z
    .string()
    .max(100)
    .optional()
    .openapi({ example: "source", description: "A noun, or noun.verb" }),
  subject: z
    .string()
    .max(200)
    .optional()
    .openapi({ example: "netbox_dc1", description: "What it was done to, by its whole name" }),
});

/** A change: who, what, and what it was before. */
export const auditSchema = z
  .object({
    audit_no: count,
    at: time,
    actor: z.string().openapi({ example: "user:alice" }),
    action: z.string().openapi({ example: "source.change" }),
    subject: z.string(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })
  .openapi("AuditEntry");
