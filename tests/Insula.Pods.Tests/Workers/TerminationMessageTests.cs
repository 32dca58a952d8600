using Insula.Api.Core;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Pods.Workers;

namespace Insula.Pods.Tests.Workers;

/// <summary>What a container leaves as its last words is read to a limit, and nothing but a file of ours is read.</summary>
public sealed class TerminationMessageTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("insula-words-").FullName;
    private readonly PodPlaces _places;
    private readonly string _file;

    public TerminationMessageTests()
    {
        _places = new PodPlaces(new PodOptions { RootDirectory = _root, RunDirectory = _root }, "uid");
        Directory.CreateDirectory(Path.Combine(_places.Directory, "termination"));
        _file = Path.Combine(_places.Directory, TerminationMessage.Create(_places, "main", 0));
    }

    [Fact]
    public void The_file_may_be_written_by_every_user() => Assert.Equal(0x1B6, (int)File.GetUnixFileMode(_file));

    [Fact]
    public void A_message_without_end_is_read_to_the_limit_and_fills_no_memory()
    {
        using (var file = new FileStream(_file, FileMode.Open))
        {
            file.Write("last words "u8);
            file.SetLength(1L << 40); // holes, read as zeros
        }

        Read();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = Read();
        Assert.StartsWith("last words \0", message, StringComparison.Ordinal);
        Assert.Equal(4096, message.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    [Theory]
    [InlineData("link")]
    [InlineData("fifo")]
    [InlineData("directory")]
    [InlineData("socket")]
    [InlineData("linked directory")]
    [InlineData("nothing")]
    public void What_takes_the_place_of_the_file_is_not_read_and_the_next_start_has_a_file(string kind)
    {
        var secret = Path.Combine(Directory.CreateDirectory(Path.Combine(_root, "secret")).FullName, "main.0");
        File.WriteAllText(secret, "of the host");
        File.Delete(_file);
        using (var directory = Directories.Open(Path.GetDirectoryName(_file)!))
        {
            switch (kind)
            {
                case "link":
                    Entries.MakeLink(directory, "main.0", secret);
                    break;
                case "fifo":
                    Entries.MakeNode(directory, "main.0", sys_stat.S_IFIFO | 0x1B6, 0, 0);
                    break;
                case "socket":
                    Entries.MakeNode(directory, "main.0", sys_stat.S_IFSOCK | 0x1B6, 0, 0);
                    break;
                case "directory":
                    Directory.CreateDirectory(Path.Combine(_file, "below"));
                    break;
                case "linked directory":
                    Directory.Delete(Path.GetDirectoryName(_file)!);
                    Directory.CreateSymbolicLink(Path.GetDirectoryName(_file)!, Path.GetDirectoryName(secret)!);
                    break;
                default:
                    break;
            }
        }

        Assert.Equal("", Read());
        if (kind == "linked directory")
        {
            Assert.Throws<Insula.Linux.LinuxException>(() => TerminationMessage.Create(_places, "main", 0));
        }
        else
        {
            TerminationMessage.Create(_places, "main", 0);
            Assert.Equal(0, new FileInfo(_file).Length);
            Assert.Null(new FileInfo(_file).LinkTarget);
        }

        TerminationMessage.Remove(_places, "main", 0);
        Assert.Equal("of the host", File.ReadAllText(secret));
    }

    [Theory]
    [InlineData(1, "", "one\ntwo and more")]
    [InlineData(0, "", "")]
    [InlineData(1, "said", "said")]
    public void Who_failed_without_words_of_its_own_is_quoted_from_its_log(int exitCode, string words, string expected)
    {
        File.WriteAllText(_file, words);
        Log("2026-01-02T03:04:05.000000006Z stdout F one\n2026-01-02T03:04:05.000000006Z stderr P two \n2026-01-02T03:04:05.000000006Z stderr F and more\n");
        Assert.Equal(expected, TerminationMessage.Read(new Container { Name = "main", TerminationMessagePolicy = "FallbackToLogsOnError" }, _places, 0, exitCode));
        Assert.Equal(words, TerminationMessage.Read(new Container { Name = "main", TerminationMessagePolicy = "File" }, _places, 0, exitCode));
    }

    [Fact]
    public void Of_a_log_the_last_lines_count_and_whole_letters()
    {
        var quoting = new Container { Name = "main", TerminationMessagePolicy = "FallbackToLogsOnError" };
        Log(string.Concat(Enumerable.Range(0, 200).Select(i => $"2026-01-02T03:04:05.000000006Z stdout F {i}\n")));
        Assert.Equal(string.Join('\n', Enumerable.Range(120, 80)), TerminationMessage.Read(quoting, _places, 0, 1));
        Log($"2026-01-02T03:04:05.000000006Z stdout F {new string('\u00e4', 3000)}x\n2026-01-02T03:04:05.000000006Z stdout F {new string('\u00e4', 1500)}x\n");
        Assert.Equal(new string('\u00e4', 1023) + "x", TerminationMessage.Read(quoting, _places, 0, 1));
        Log("no log at all\n\0\u001b");
        Assert.Equal("", TerminationMessage.Read(quoting, _places, 0, 1));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Log(string text)
    {
        var path = Path.Combine(_places.Directory, PodPlaces.LogPath("main", 0));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private string Read() => TerminationMessage.Read(new Container { Name = "main" }, _places, 0, exitCode: 1);
}
