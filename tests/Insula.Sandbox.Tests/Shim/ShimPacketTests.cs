using FsCheck;
using FsCheck.Fluent;
using Insula.Linux;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Tests.Shim;

public sealed class ShimPacketTests
{
    [Fact]
    public void Words_come_back_as_they_went() =>
        Prop.ForAll<NonNull<string>[]>(words =>
        {
            var plain = words.Select(word => word.Get.Replace("\0", "", StringComparison.Ordinal)).Where(word => IsText(word)).Take(20).ToArray();
            return plain.Length == 0 || plain.SequenceEqual(ShimPacket.Decode(ShimPacket.Encode(plain)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_packet_is_words_ended_by_nul() => Assert.Equal("1\0hello\0\0"u8.ToArray(), ShimPacket.Encode("1", "hello", ""));

    [Fact]
    public void A_word_with_a_nul_and_a_packet_over_the_limit_are_refused()
    {
        Assert.Throws<SandboxException>(() => ShimPacket.Encode("a\0b"));
        Assert.Equal(ShimPacket.MaximumSize, ShimPacket.Encode(new string('x', ShimPacket.MaximumSize - 1)).Length);
        Assert.Throws<SandboxException>(() => ShimPacket.Encode(new string('x', ShimPacket.MaximumSize)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ok\01")]
    public void A_packet_without_its_last_nul_is_refused(string text) =>
        Assert.Throws<SandboxException>(() => ShimPacket.Decode(System.Text.Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("ok")]
    [InlineData("ok x")]
    [InlineData("err 1 step")]
    [InlineData("err 1 step EPERM")]
    [InlineData("event")]
    [InlineData("event exit a.0 1")]
    [InlineData("event exit a.0 1 0 0 99999999999999999999")]
    [InlineData("entry 1 pod a running 1 1")]
    [InlineData("entry 1 container a asleep 1 1")]
    [InlineData("entry 1 container a exited 1 1")]
    [InlineData("hello 1")]
    public void What_is_not_of_the_protocol_is_refused(string line) =>
        Assert.Throws<SandboxException>(() => ShimMessage.Parse(line.Split(' ')));

    [Fact]
    public void Messages_are_read_as_the_protocol_has_them()
    {
        var time = DateTimeOffset.UnixEpoch.AddSeconds(2);
        Assert.Equal(["a", "b"], Assert.IsType<ShimMessage.Ok>(Parse("ok 7 a b")).Words);
        Assert.Equal(new ShimMessage.Failed(7, "exec", Errno.ENOENT, "/bin/x"), Parse("err 7 exec 2 /bin/x"));
        Assert.Equal(new ShimMessage.Failed(7, "stop", Errno.EBUSY, null), Parse("err 7 stop 16"));
        Assert.Equal(new ShimMessage.Exited("a.0", 42, 3, 0, time), Parse("event exit a.0 42 3 0 2000000000"));
        Assert.Equal(new ShimMessage.ExecExited("exec-1", 0, 9, time), Parse("event exec-exit exec-1 0 9 2000000000"));
        Assert.Equal(new ShimMessage.ExecGone("exec-1"), Parse("event exec-gone exec-1"));
        Assert.Equal(new ShimMessage.LogLost("a.0", 3, 400), Parse("event log-lost a.0 3 400"));
        Assert.Equal(new ShimMessage.InitExited(0, 9), Parse("event init-exit 0 9"));
        Assert.Equal(new ShimMessage.UnknownEvent("later"), Parse("event later x"));
        Assert.Equal(
            new ShimMessage.Listed(7, new ShimEntry(false, "a.0", 42, time, null, false)),
            Parse("entry 7 container a.0 running 42 2000000000"));
        Assert.Equal(
            new ShimMessage.Listed(7, new ShimEntry(true, "exec-3", 42, time, new ShimExit(1, 0, time), true)),
            Parse("entry 7 exec exec-3 exited 42 2000000000 2000000000 1 0 gone"));
    }

    private static ShimMessage Parse(string line) => ShimMessage.Parse(line.Split(' '));

    private static bool IsText(string word) => !word.Any(char.IsSurrogate);
}
