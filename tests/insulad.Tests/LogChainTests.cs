using Insulad.Http.Logs;

namespace Insulad.Tests;

/// <summary>Files of a log are renamed under the reader's hands: none may be passed over.</summary>
public sealed class LogChainTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-chain-").FullName;

    [Fact]
    public async Task No_file_is_passed_over_while_others_rotate()
    {
        var current = Path.Combine(_directory, "0.log");
        File.WriteAllText(current, "0");
        using var done = new CancellationTokenSource();
        var rotations = Task.Run(() =>
        {
            for (var i = 1; i <= 400; i++)
            {
                // As the shim rotates: the oldest goes, older ones move up, the current one becomes .1, a new one appears.
                File.Delete($"{current}.8");
                for (var n = 7; n >= 1; n--)
                {
                    if (File.Exists($"{current}.{n}"))
                    {
                        File.Move($"{current}.{n}", $"{current}.{n + 1}");
                    }
                }

                File.Move(current, current + ".1");
                File.WriteAllText(current, $"{i}");

                // Hundreds of rotations a second; without any pause nobody could look twice in between.
                Thread.Sleep(1);
            }

            done.Cancel();
        });
        var chain = new LogChain(current);
        while (!done.IsCancellationRequested)
        {
            var files = chain.OpenAll();
            var numbers = files.Select(Read).Where(n => n >= 0).ToList();
            files.ForEach(f => f.Dispose());
            for (var i = 1; i < numbers.Count; i++)
            {
                Assert.Equal(numbers[i - 1] + 1, numbers[i]);
            }
        }

        await rotations;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static int Read(LogFile file)
    {
        var buffer = new byte[16];
        var count = file.Read(buffer, 0);
        return count == 0 ? -1 : int.Parse(System.Text.Encoding.ASCII.GetString(buffer, 0, count), System.Globalization.CultureInfo.InvariantCulture);
    }
}
