using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Insula.Linux.Elf;

namespace Insula.Linux.Tests.Elf;

public sealed class ElfTests
{
    [Fact]
    public void A_program_is_found_with_its_loader_and_libraries()
    {
        var files = ProgramFiles.Of("/bin/bash");
        Assert.StartsWith("/lib", files.Interpreter.Named, StringComparison.Ordinal);
        Assert.True(File.Exists(files.Interpreter.File));
        Assert.Null(new FileInfo(files.Program).LinkTarget);
        Assert.True(files.Libraries.ContainsKey("libc.so.6"), string.Join(' ', files.Libraries.Keys));
        Assert.DoesNotContain(Path.GetFileName(files.Interpreter.Named), files.Libraries.Keys);
        Assert.All(files.Libraries.Values, file =>
        {
            Assert.True(File.Exists(file), file);
            Assert.Null(new FileInfo(file).LinkTarget);
        });
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        Assert.Contains("/no/such/program", Assert.Throws<FileNotFoundException>(() => ProgramFiles.Of("/no/such/program")).Message, StringComparison.Ordinal);
        Assert.Contains("is no program", Assert.Throws<InvalidDataException>(() => ProgramFiles.Of("/etc/passwd")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_is_read_at_any_place_of_the_file()
    {
        var cache = Cache(("libone.so.1", "/lib/libone.so.1", 0), ("libtwo.so.1", "/lib/fast/libtwo.so.1", 1UL << 62), ("libtwo.so.1", "/lib/libtwo.so.1", 0));
        Assert.Equal(["/lib/libone.so.1"], LoaderCache.Find(cache, "libone.so.1"));
        Assert.Equal(["/lib/libtwo.so.1"], LoaderCache.Find([.. "ld.so-1.7.0\0 and more"u8, .. cache], "libtwo.so.1"));
        Assert.Empty(LoaderCache.Find(cache, "libthree.so.1"));
    }

    [Fact]
    public void Damaged_files_are_none_and_throw_nothing()
    {
        var program = File.ReadAllBytes("/bin/true");
        var cache = Cache(("libone.so.1", "/lib/libone.so.1", 0));
        Prop.ForAll(ArbMap.Default.ArbFor<(int, byte)[]>(), changes =>
        {
            foreach (var original in (byte[][])[program, cache])
            {
                var damaged = original.ToArray();
                foreach (var (at, value) in changes)
                {
                    // Mostly where the headers are.
                    damaged[Math.Abs(at % Math.Min(damaged.Length, 1024))] = value;
                }

                _ = ElfFile.Parse(damaged);
                _ = ElfFile.Parse(damaged.AsSpan(0, Math.Abs(changes.Length * 37 % damaged.Length)));
                _ = LoaderCache.Find(damaged, "libone.so.1");
            }
        }).QuickCheckThrowOnFailure();
    }

    private static byte[] Cache(params (string Name, string Path, ulong Capabilities)[] entries)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        var strings = new MemoryStream();
        var start = 48 + (24 * entries.Length);
        writer.Write("glibc-ld.so.cache1.1"u8);
        writer.Write(entries.Length);
        writer.Write(new byte[24]);
        foreach (var (name, path, capabilities) in entries)
        {
            writer.Write(0x0303);
            foreach (var text in (string[])[name, path])
            {
                writer.Write((uint)(start + strings.Length));
                strings.Write(Encoding.ASCII.GetBytes(text + "\0"));
            }

            writer.Write(0);
            writer.Write(capabilities);
        }

        writer.Write(strings.ToArray());
        return file.ToArray();
    }
}
