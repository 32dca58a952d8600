using System.Text;
using Insula.Cli.Output;

namespace Insula.Cli.Tests;

public sealed class LogOutputTests
{
    [Theory]
    [InlineData("", "one\ntwo", "one\ntwo")]
    [InlineData("> ", "one\ntwo\n", "> one\n> two\n")]
    [InlineData("> ", "no end", "> no end\n")]
    [InlineData("> ", "\n\n", "> \n> \n")]
    [InlineData("> ", "", "")]
    public async Task Lines_begin_with_the_prefix_and_bytes_stay(string prefix, string log, string expected)
    {
        foreach (var piece in (int[])[1, 3, 1000])
        {
            Assert.Equal(expected, await CopyAsync(prefix, (Encoding.UTF8.GetBytes(log), piece)));
        }
    }

    [Fact]
    public async Task Lines_of_several_are_not_mixed()
    {
        var lines = string.Concat(Enumerable.Range(0, 200).Select(i => $"{new string('x', i)}\n"));
        var all = await CopyAsync("- ", (Encoding.UTF8.GetBytes(lines), 7), (Encoding.UTF8.GetBytes(lines.Replace('x', 'y')), 11));
        Assert.Equal(400, all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.All(all.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Matches("^- (x*|y*)$", l));
    }

    private static async Task<string> CopyAsync(string prefix, params (byte[] Bytes, int Piece)[] logs)
    {
        using var written = new MemoryStream();
        using var output = new LogOutput(written);
        await Task.WhenAll(logs.Select(l => Task.Run(() => output.CopyAsync(new Pieces(l.Bytes, l.Piece), prefix, CancellationToken.None))));
        return Encoding.UTF8.GetString(written.ToArray());
    }

    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
