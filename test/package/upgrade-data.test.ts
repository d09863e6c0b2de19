/** What install.sh does with a core's data, wherever it is cut off. */
import assert from "node:assert/strict";
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { test } from "node:test";

import { host } from "./host-without-root.ts";

const skip = process.platform === "linux" ? false : "install.sh is for Linux";

test(
  "a core that is not well gives its data back, and what it made of them stays",
  { skip },
  async (t) => {
    const on = await host(t);
    on.unwell("1.1.0");
    const { ok, out } = on.install("1.1.0");
    assert.ok(!ok);
    assert.match(out, /1\.1\.0 did not become well .* is in \S+core\.failed; 1\.0\.0 runs again/);
    assert.deepEqual(
      [on.current(), on.rows(), on.rows("core.failed")],
      ["1.0.0", "1.0.0 1.0.0", "1.0.0 1.1.0"],
    );
    on.unwell("1.1.0", false);
    assert.ok(on.install("1.1.0").ok);
    assert.deepEqual(
      on.beside(),
      ["core.failed"],
      "an earlier failure is the operator's to remove",
    );
    on.unwell("1.2.0");
    assert.match(on.install("1.2.0").out, /core\.failed is of an earlier upgrade; it is \S+ now/);
    assert.equal(on.rows(on.aside("core.failed")), "1.0.0 1.1.0");
    assert.equal(on.rows("core.failed"), "1.0.0 1.0.0 1.1.0 1.2.0");
  },
);

for (const flags of ["", "--no-copy"]) {
  test(
    `what a core wrote since its trial was cut off is not replaced by an older copy ${flags}`,
    { skip },
    async (t) => {
      const on = await host(t);
      assert.equal(on.cutInTrial("1.1.0").ended, "SIGKILL");
      on.runs();
      on.unwell("1.1.0");
      const { ok, out } = on.install("1.1.0", flags);
      assert.ok(!ok);
      assert.match(
        out,
        /and stays: the core has run since \S+core\.before was copied \(20.*and install 1\.0\.0/,
      );
      assert.deepEqual([on.current(), on.rows()], ["1.1.0", "1.0.0 1.1.0 1.1.0 1.1.0"]);
      assert.equal(on.rows("core.before"), "1.0.0");
      on.unwell("1.1.0", false);
      assert.ok(on.install("1.1.0").ok);
      assert.deepEqual(on.beside(), []);
    },
  );
}

for (const flags of ["", "--no-copy"]) {
  test(`another upgrade moves an older copy aside ${flags}`, { skip }, async (t) => {
    const on = await host(t);
    on.cutInTrial("1.1.0");
    on.runs();
    on.unwell("1.2.0");
    const { out } = on.install("1.2.0", flags);
    assert.match(out, /core\.before is of an earlier upgrade; it is \S+ now/);
    assert.equal(on.rows(on.aside("core.before")), "1.0.0");
    assert.equal(on.current(), "1.1.0");
    const since = "1.0.0 1.1.0 1.1.0";
    assert.equal(on.rows(), flags === "" ? `${since} 1.1.0` : `${since} 1.2.0 1.1.0`);
  });
}

test("a copy of data that no server has opened since is used", { skip }, async (t) => {
  const on = await host(t);
  on.install("1.1.0", "", { CUT: "mv -Tf -- */current.new */current", SIGNAL: "KILL" });
  assert.deepEqual([on.current(), on.beside()], ["1.0.0", ["core.before"]]);
  on.unwell("1.1.0");
  const { out } = on.install("1.1.0");
  assert.doesNotMatch(out, /copying/);
  assert.deepEqual(
    [on.current(), on.rows(), on.beside()],
    ["1.0.0", "1.0.0 1.0.0", ["core.failed"]],
  );
});

for (const again of ["1.0.0", "1.1.0"]) {
  test(
    `a going back that was cut off between its renames is finished by an installation of ${again}`,
    { skip },
    async (t) => {
      const on = await host(t);
      on.unwell("1.1.0");
      const cut = on.install("1.1.0", "", { CUT: "mv -T -- */core.before */core", SIGNAL: "KILL" });
      assert.match(
        cut.out,
        /systemctl disable --quiet serviceradar-core\.service\n$/,
        "nothing starts on no data",
      );
      assert.equal(on.rows(), undefined);
      if (again === "1.1.0") mkdirSync(on.path("lib/core"));
      on.unwell("1.1.0", false);
      const { ok, out } = on.install(again);
      assert.ok(ok, out);
      assert.match(out, /a going back to 1\.0\.0 was cut off; it is finished first/);
      assert.deepEqual([on.current(), on.rows()], [again, `1.0.0 ${again}`]);
      assert.deepEqual(on.beside(), ["core.failed"]);
      assert.ok(!on.has("lib/core/copied-for") && !on.has("opt/core/going-back"));
    },
  );
}

test("where the data are missing and a copy is there, nothing is started", { skip }, async (t) => {
  const on = await host(t);
  on.install("1.1.0", "--health-max 0");
  renameSync(on.path("lib/core"), on.path("lib/core.failed"));
  for (const version of ["1.1.0", "1.2.0"]) {
    const { ok, out } = on.install(version);
    assert.ok(!ok);
    assert.match(
      out,
      /core is empty or not there, but \S+ or \S+ is: nothing was changed\. Move the one/,
    );
    assert.doesNotMatch(out, /systemctl/);
  }
  assert.deepEqual(on.beside(), ["core.before", "core.failed"]);
});

for (const [what, SIGNAL] of [
  ["a hang-up", "HUP"],
  ["a full disk", ""],
] as const) {
  test(
    `a copy that is cut off by ${what} leaves nothing, and what ran runs on`,
    { skip },
    async (t) => {
      const on = await host(t);
      const { ok, out } = on.install("1.1.0", "", { CUT: "cp -a *", SIGNAL });
      assert.ok(!ok);
      assert.match(
        out,
        /systemctl stop[^]*systemctl start[^]*the copy was not finished and is removed; what ran before was started again/,
      );
      assert.deepEqual([on.current(), on.rows(), on.beside()], ["1.0.0", "1.0.0 1.0.0", []]);
    },
  );
}

test("data behind a link are copied, and put back, where they lie", { skip }, async (t) => {
  const on = await host(t);
  mkdirSync(on.path("disk"));
  renameSync(on.path("lib/core"), on.path("disk/data"));
  symlinkSync(on.path("disk/data"), on.path("lib/core"));
  on.unwell("1.1.0");
  assert.match(on.install("1.1.0").out, /disk\/data\.failed; 1\.0\.0 runs again/);
  assert.equal(on.rows(), "1.0.0 1.0.0");
});

test(
  "data that renaming cannot put back are refused before anything is stopped, unless --no-copy",
  { skip },
  async (t) => {
    const on = await host(t);
    const mounted = on.install("1.1.0", "", { MOUNTED: on.path("lib/core") });
    assert.match(
      mounted.out,
      /core is a mount point, so a copy could not take its place: nothing was changed/,
    );
    symlinkSync(on.path("usr"), on.path("lib/core/postgres/pg_wal"));
    const linked = on.install("1.1.0");
    assert.match(
      linked.out,
      /postgres\/pg_wal is a link, so a copy would be none: nothing was changed/,
    );
    for (const { ok, out } of [mounted, linked]) {
      assert.ok(!ok);
      assert.doesNotMatch(out, /systemctl/);
    }
    assert.deepEqual([on.current(), on.beside()], ["1.0.0", []]);
    assert.ok(on.install("1.1.0", "--no-copy", { MOUNTED: on.path("lib/core") }).ok);
  },
);

test("a release that was installed with --no-start is on no trial", { skip }, async (t) => {
  const on = await host(t);
  assert.ok(on.install("1.1.0", "--no-start").ok);
  assert.equal(on.current(), "1.1.0");
  on.unwell("1.1.0");
  const { ok, out } = on.install("1.1.0");
  assert.ok(ok, out);
  assert.doesNotMatch(out, /restart/);
});

test(
  "where nobody is asked how the release is, the copy stays and is told",
  { skip },
  async (t) => {
    const on = await host(t);
    const { ok, out } = on.install("1.1.0", "--health-max 0");
    assert.ok(ok, out);
    assert.match(
      out,
      /nobody was asked whether it is well, so the data as 1\.0\.0 left them stay in \S+core\.before/,
    );
    assert.deepEqual([on.rows("core.before"), on.rows()], ["1.0.0", "1.0.0 1.1.0"]);
  },
);
