using System.Globalization;
using System.Text;
using Insulad.Http.Logs;
using Mono.Unix.Native;

namespace Insulad.Tests;

/// <summary>Files of a log are renamed under the reader's hands: none may be passed over, and nothing but them be read.</summary>
public sealed class LogChainTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-chain-").FullName;
    private readonly string _current;

    public LogChainTests() => _current = Path.Combine(Directory.CreateDirectory(Path.Combine(_directory, "logs")).FullName, "0.log");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(9)]
    public void No_file_is_passed_over_whatever_rotates_between_two_looks(int kept)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var rotations = Rotations(kept).GetEnumerator();
            Steps(random.Next(kept * (kept + 1)));
            using var chain = LogChain.TryOpen(_directory, "logs/0.log", () => Steps(random.Next(4) == 0 ? random.Next(3 * kept) : random.Next(3)))!;
            var newest = Numbers().DefaultIfEmpty(-1).Max();
            var seen = Opened(chain.OpenAll());
            for (var i = 1; i < seen.Count; i++)
            {
                Assert.True(seen[i] == seen[i - 1] + 1, $"seed {seed}: {string.Join(' ', seen)}");
            }

            // What was there at the beginning, and is still: all of it.
            var lasting = Numbers().Where(n => n <= newest);
            Assert.True(lasting.All(n => seen.Contains(n)), $"seed {seed}: {string.Join(' ', lasting)} lasted, seen {string.Join(' ', seen)}");
            Directory.Delete(Path.Combine(_directory, "logs"), recursive: true);
            Directory.CreateDirectory(Path.Combine(_directory, "logs"));

            void Steps(int count)
            {
                for (; count > 0; count--)
                {
                    rotations.MoveNext();
                }
            }
        }
    }

    [Fact]
    public void A_follower_meets_every_file_whatever_rotates_between_two_looks()
    {
        const int Kept = 40; // as many as are begun here: none is removed
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var rotations = Rotations(Kept, Kept - 1).GetEnumerator();
            using var chain = LogChain.TryOpen(_directory, "logs/0.log", Step)!;
            LogFile? file = null;
            for (var expected = 0; expected < Kept;)
            {
                Step();
                if (chain.After(file) is { } next)
                {
                    file?.Dispose();
                    file = next;
                    Assert.Equal(expected++, Read(file));
                }
            }

            file!.Dispose();
            Directory.Delete(Path.Combine(_directory, "logs"), recursive: true);
            Directory.CreateDirectory(Path.Combine(_directory, "logs"));

            void Step()
            {
                for (var count = random.Next(3); count > 0; count--)
                {
                    rotations.MoveNext();
                }
            }
        }
    }

    [Theory]
    [InlineData("logs/0.log")]
    [InlineData("logs/0.log.1")]
    [InlineData("logs")]
    public void What_is_a_link_or_no_file_is_not_read(string replaced)
    {
        var secret = Path.Combine(Directory.CreateDirectory(Path.Combine(_directory, "secret")).FullName, "0.log");
        File.WriteAllText(secret, "7");
        var path = Path.Combine(_directory, replaced);
        if (replaced == "logs")
        {
            Directory.Delete(path);
        }

        File.CreateSymbolicLink(path, replaced == "logs" ? Path.GetDirectoryName(secret)! : secret);
        AssertEmpty();
        File.Delete(path);
        Assert.Equal(0, Syscall.mkfifo(path, FilePermissions.DEFFILEMODE));
        AssertEmpty();

        void AssertEmpty()
        {
            using var chain = LogChain.TryOpen(_directory, "logs/0.log");
            Assert.Empty(chain?.OpenAll() ?? []);
            Assert.Null(chain?.After(null));
        }
    }

    [Fact]
    public void Names_that_no_rotation_gives_are_not_looked_for()
    {
        File.WriteAllText(_current, "1");
        foreach (var name in (string[])[".2147483647", ".1000", ".99999999999", ".-1", ".1x", "x.1", "."])
        {
            File.WriteAllText(_current + name, "2");
        }

        using var chain = LogChain.TryOpen(_directory, "logs/0.log")!;
        Assert.Equal([1], Opened(chain.OpenAll()));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>As the shim rotates, a step at a time: older ones move up over the oldest, the current one becomes .1, a new one appears.</summary>
    private IEnumerable<bool> Rotations(int kept, int last = int.MaxValue)
    {
        for (var content = 0; ; content++)
        {
            // Complete when it appears, as the reader would wait for a line.
            File.WriteAllText(_current + ".new", content.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(0, Stdlib.rename(_current + ".new", _current));
            yield return true;
            if (content == last)
            {
                yield break;
            }

            for (var n = Math.Min(kept - 1, content + 1); n >= 1; n--)
            {
                Assert.Equal(0, Stdlib.rename(n == 1 ? _current : $"{_current}.{n - 1}", $"{_current}.{n}"));
                yield return true;
            }

            if (kept == 1)
            {
                File.Delete(_current);
                yield return true;
            }
        }
    }

    private IEnumerable<int> Numbers() => Directory.EnumerateFiles(Path.Combine(_directory, "logs")).Select(f => int.Parse(File.ReadAllText(f), CultureInfo.InvariantCulture));

    private static List<int> Opened(List<LogFile> files)
    {
        List<int> numbers = [.. files.Select(Read)];
        files.ForEach(f => f.Dispose());
        return numbers;
    }

    private static int Read(LogFile file)
    {
        var buffer = new byte[16];
        var count = file.Read(buffer, 0);
        return int.Parse(Encoding.ASCII.GetString(buffer, 0, count), CultureInfo.InvariantCulture);
    }
}
