using System.Diagnostics;
using System.Globalization;
using System.Text;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.Processes;
using Insula.Sandbox.Lifecycle;

namespace Insula.Sandbox.Tests.Lifecycle;

/// <summary>A shim is recorded by its number and its start time: the number alone may have come to mean another process.</summary>
public sealed class ShimRecordTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("insula-record-").FullName;
    private readonly Descriptor _directory;
    private readonly Process _process;

    public ShimRecordTests()
    {
        _directory = Directories.Open(_path);
        _process = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    [Theory]
    [InlineData("{0} {2}")] // the number's earlier owner
    [InlineData("{0} {3}")]
    [InlineData("{0} 0")]
    [InlineData("{0} ")]
    [InlineData("{0}")]
    [InlineData("{0} {1} {1}")]
    [InlineData("-{0} {1}")]
    [InlineData("0{0}{1}")]
    [InlineData("")]
    public async Task A_process_that_is_not_the_recorded_one_is_left_alone(string record)
    {
        var start = ProcessStat.Read(_process.Id)!.StartTime;
        File.WriteAllText(Path.Combine(_path, SandboxPlace.PidName), string.Format(CultureInfo.InvariantCulture, record, _process.Id, start, start - 1, start + 1));
        ShimSpawner.KillRecorded(_directory);
        await AnswersAsync(); // nothing runs on after SIGKILL
    }

    [Fact]
    public async Task The_recorded_process_is_killed_and_once_it_is_gone_nothing_is()
    {
        ShimSpawner.RecordPid(_directory, _process.Id);
        Assert.Equal($"{_process.Id} {ProcessStat.Read(_process.Id)!.StartTime}", Encoding.ASCII.GetString(SandboxPlace.TryRead(_directory, SandboxPlace.PidName)!));
        await AnswersAsync();
        ShimSpawner.KillRecorded(_directory);
        await _process.WaitForExitAsync();
        Assert.Equal(128 + 9, _process.ExitCode);
        Assert.Null(ProcessStat.Read(_process.Id));
        ShimSpawner.KillRecorded(_directory);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
        _directory.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    private async Task AnswersAsync()
    {
        await _process.StandardInput.WriteLineAsync("alive");
        await _process.StandardInput.FlushAsync();
        Assert.Equal("alive", await _process.StandardOutput.ReadLineAsync());
    }
}
