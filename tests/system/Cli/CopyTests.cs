using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>Files into containers and out of them, also those that have no tar, and those that mean harm.</summary>
public sealed class CopyTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>, IDisposable
{
    private readonly Instance _insula = fixture.Instance;
    private readonly string _here = Directory.CreateTempSubdirectory("insula-copy-").FullName;

    public void Dispose() => Directory.Delete(_here, recursive: true);

    [Fact]
    public async Task A_tree_goes_into_an_image_that_holds_no_tar_and_comes_back_the_same()
    {
        (await _insula.CliAsync("load", Repository.Image("bench"))).Succeeded();
        await _insula.ApplyAsync(Manifests.Pod("bare", "", container: new
        {
            image = "bench",
            command = new[] { "/bin/guest", "wait" },
            volumeMounts = new[] { new { name = "data", mountPath = "/data" } },
        }, spec: new { volumes = new[] { new { name = "data", emptyDir = new { } } } }));
        await _insula.WaitForReadyAsync("bare");
        await ShellAsync("mkdir -p tree/sub/empty; head -c 3000000 /dev/urandom > tree/sub/large; echo hi > 'tree/odd name'; : > tree/none; chmod 750 'tree/odd name'; ln -s 'odd name' tree/link");
        Assert.Contains("bytes", (await _insula.CliAsync("cp", $"{_here}/tree", "bare:/data")).Succeeded(), StringComparison.Ordinal);
        (await _insula.CliAsync("cp", "bare:/data/tree", $"{_here}/back")).Succeeded();
        await ShellAsync("diff -r --no-dereference tree back; test \"$(stat -c %a 'back/odd name')\" = 750");

        // A file by itself, under another name and into a directory; and over what is there.
        (await _insula.CliAsync("cp", $"{_here}/tree/odd name", "pod/bare:/data/renamed")).Succeeded();
        (await _insula.CliAsync("cp", "default/bare:/data/renamed", _here)).Succeeded();
        (await _insula.CliAsync("cp", "bare:/data/renamed", $"{_here}/back/none")).Succeeded();
        await ShellAsync("cmp renamed 'tree/odd name'; cmp back/none renamed");

        // What is in a directory, not the directory.
        Directory.CreateDirectory($"{_here}/into");
        (await _insula.CliAsync("cp", "bare:/data/tree/.", $"{_here}/into")).Succeeded();
        await ShellAsync("diff -r --no-dereference tree into");
        await _insula.DeletePodAsync("bare");
    }

    [Fact]
    public async Task Nothing_that_a_container_sends_comes_to_be_elsewhere_or_leads_there()
    {
        await _insula.ApplyAsync(Manifests.Pod("evil",
            $"mkdir -p /t/sub; cd /t; ln -s /etc/passwd absolute; ln -s ../../victim up; ln -s sub inside; ln -s ../../../victim sub/far; echo owned > victim; mkfifo fifo; printf x > \"$(printf 'name\\033[2J')\"; mkfifo \"$(printf 'f\\033[2J')\"; {Manifests.Forever}"));
        await _insula.WaitForReadyAsync("evil");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", "evil", "--", "ls", "/t")).Output.Contains("victim", StringComparison.Ordinal), "the tree is there");
        await ShellAsync("mkdir outside target; echo kept > outside/kept; ln -s ../outside/kept target/victim; ln -s ../outside target/sub");
        var result = await _insula.CliAsync("cp", "evil:/t/.", $"{_here}/target");
        Assert.Equal(1, result.ExitCode); // FIFOs, and a link of ours where a directory was to be
        Assert.DoesNotContain('\x1b', result.Output + result.Error);
        Assert.Contains("neither file, directory nor link", result.Error, StringComparison.Ordinal);
        Assert.Contains("leads out of what is copied", result.Error, StringComparison.Ordinal);
        await ShellAsync("test \"$(cat outside/kept)\" = kept; test \"$(ls outside)\" = kept; test \"$(cat target/victim)\" = owned; test ! -L target/victim; " +
            "test ! -e target/absolute; test ! -L target/absolute; test ! -L target/up; test -L target/inside; test \"$(ls)\" = \"$(printf 'outside\\ntarget')\"");
        await _insula.DeletePodAsync("evil");
    }

    [Fact]
    public async Task A_copy_has_the_rights_of_the_container_and_no_more()
    {
        await _insula.ApplyAsync(Manifests.Pod("user", Manifests.Forever, container: new { securityContext = new { runAsUser = 1000 } }));
        await _insula.WaitForReadyAsync("user");
        await File.WriteAllTextAsync($"{_here}/file", "x");
        Assert.Contains("/etc/file: Permission denied", (await _insula.CliAsync("cp", $"{_here}/file", "user:/etc")).Failed(), StringComparison.Ordinal);
        Assert.Contains("/root: Permission denied", (await _insula.CliAsync("cp", "user:/root", $"{_here}/root")).Failed(), StringComparison.Ordinal);
        Assert.Contains("/nowhere: No such file", (await _insula.CliAsync("cp", "user:/nowhere", $"{_here}/nowhere")).Failed(), StringComparison.Ordinal);
        Assert.False(File.Exists($"{_here}/nowhere"));
        (await _insula.CliAsync("cp", $"{_here}/file", "user:/tmp/")).Succeeded();
        Assert.Equal("1000", (await _insula.CliAsync("exec", "user", "--", "stat", "-c", "%u", "/tmp/file")).Succeeded().Trim());
        await _insula.DeletePodAsync("user");

        await _insula.ApplyAsync(Manifests.Pod("sealed", Manifests.Forever, container: new
        {
            securityContext = new { readOnlyRootFilesystem = true, capabilities = new { add = new[] { "SYS_PTRACE" } } },
        }));
        await _insula.WaitForReadyAsync("sealed");
        Assert.Contains("Read-only file system", (await _insula.CliAsync("cp", $"{_here}/file", "sealed:/tmp")).Failed(), StringComparison.Ordinal);
        (await _insula.CliAsync("cp", "sealed:/etc/passwd", $"{_here}/passwd")).Succeeded(); // launched in the other way, beside a tracer
        Assert.Contains("root:", await File.ReadAllTextAsync($"{_here}/passwd"), StringComparison.Ordinal);
        await _insula.DeletePodAsync("sealed");
    }

    [Fact]
    public async Task Root_of_a_user_namespace_owns_what_is_copied()
    {
        await _insula.ApplyAsync(Manifests.Pod("mapped", Manifests.Forever, spec: new { hostUsers = false }));
        await _insula.WaitForReadyAsync("mapped");
        await File.WriteAllTextAsync($"{_here}/file", "x");
        (await _insula.CliAsync("cp", $"{_here}/file", "mapped:/root/file")).Succeeded();
        Assert.Equal("0:0", (await _insula.CliAsync("exec", "mapped", "--", "stat", "-c", "%u:%g", "/root/file")).Succeeded().Trim());
        (await _insula.CliAsync("cp", "mapped:/root", $"{_here}/back")).Succeeded();
        Assert.Equal("x", await File.ReadAllTextAsync($"{_here}/back/file"));
        await _insula.DeletePodAsync("mapped");
    }

    [Fact]
    public async Task A_copy_counts_against_the_container_s_memory()
    {
        await _insula.ApplyAsync(Manifests.Pod("small", Manifests.Forever, container: new
        {
            resources = new { limits = new { memory = "32Mi" } },
            volumeMounts = new[] { new { name = "memory", mountPath = "/memory" } },
        }, spec: new { volumes = new[] { new { name = "memory", emptyDir = new { medium = "Memory" } } } }));
        var pod = await _insula.WaitForReadyAsync("small");
        await ShellAsync("truncate -s 200M large");
        (await _insula.CliAsync("cp", $"{_here}/large", "small:/memory/large")).Failed();
        Assert.NotNull(pod);
        await _insula.DeletePodAsync("small");
    }

    [Fact]
    public async Task What_breaks_off_leaves_no_process()
    {
        await _insula.ApplyAsync(Manifests.Pod("huge", $"truncate -s 100G /huge; {Manifests.Forever}"));
        await _insula.WaitForReadyAsync("huge");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", "huge", "--", "test", "-s", "/huge")).ExitCode == 0, "the file is there");
        Assert.Contains("--max-size", (await _insula.CliAsync("cp", "huge:/huge", $"{_here}/huge", "--max-size", "1Mi")).Failed(), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => Copiers() == 0, "nothing of the copy is left");
        await using (var client = RunningCommand.Insula(_insula, "cp", "huge:/huge", "/dev/null"))
        {
            await Eventually.TrueAsync(() => Copiers() == 1, "it copies");
        }

        await Eventually.TrueAsync(() => Copiers() == 0, "nothing of the copy is left");
        await _insula.DeletePodAsync("huge");

        int Copiers() => Leaks.Processes(_insula).Count(pid => Name(pid) == "insula-copy\n");
    }

    [Fact]
    public async Task The_program_that_copies_cannot_be_overwritten()
    {
        await _insula.ApplyAsync(Manifests.Pod("writer", $"truncate -s 100G /huge; {Manifests.Forever}"));
        await _insula.WaitForReadyAsync("writer");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", "writer", "--", "test", "-s", "/huge")).ExitCode == 0, "the file is there");
        await using var client = RunningCommand.Insula(_insula, "cp", "writer:/huge", "/dev/null");
        var result = await _insula.CliAsync("exec", "writer", "--", "sh", "-c",
            "until p=$(pidof insula-copy); do usleep 10000; done; exec 3</proc/$p/exe && kill -9 $p && while [ -e /proc/$p/exe ]; do usleep 10000; done; echo x >>/proc/self/fd/3");
        Assert.Contains("Read-only file system", result.Failed(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("writer");
    }

    [Fact]
    public async Task What_is_no_copy_is_said_at_once()
    {
        Assert.Contains("one of the two", (await _insula.CliAsync("cp", "a", "b")).Failed(), StringComparison.Ordinal);
        Assert.Contains("one of the two", (await _insula.CliAsync("cp", "a:/b", "c:/d")).Failed(), StringComparison.Ordinal);
        Assert.Contains("not found", (await _insula.CliAsync("cp", "nobody:/etc", _here)).Failed(), StringComparison.Ordinal);
    }

    private static string Name(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm");
        }
        catch (IOException)
        {
            return ""; // it has ended meanwhile
        }
    }

    private async Task ShellAsync(string script) =>
        (await Commands.RunAsync("sh", ["-ec", $"cd {_here}\n{script.Replace("; ", "\n", StringComparison.Ordinal)}"])).Succeeded();
}
