using System.Buffers.Binary;
using Insula.Dns.Messages;

namespace Insula.Dns.Tests.Messages;

public sealed class AnswerReaderTests
{
    private static readonly byte[] _question = Question.Of("www.example.com");
    private static readonly byte[] _answer = With(_question, 2, 0x81);

    [Fact]
    public void An_answer_to_the_question_is_one_whatever_its_letters()
    {
        Assert.True(IsTo(_answer));
        Assert.True(IsTo(With(_answer, 13, (byte)'W')));
        Assert.True(IsTo([.. _answer, 1, 2, 3]));
    }

    public static TheoryData<string, byte[]> Others => new()
    {
        { "another number", With(_answer, 1, (byte)(_answer[1] ^ 1)) },
        { "a question", _question },
        { "another operation", With(_answer, 2, 0xa9) },
        { "no question", With(_answer, 5, 0) },
        { "another name", With(_answer, 13, (byte)'v') },
        { "a name with its letters' bit where none are", With(_answer, 16, (byte)(_answer[16] ^ 0x20)) },
        { "another type", With(_answer, _answer.Length - 3, 28) },
        { "another class", With(_answer, _answer.Length - 1, 3) },
        { "too short", _answer[..^1] },
        { "nothing", [] },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void What_answers_another_question_is_no_answer(string what, byte[] message)
    {
        Assert.NotEmpty(what);
        Assert.False(IsTo(message));
    }

    [Fact]
    public void Records_are_read_with_their_names_written_out_up_to_the_first_that_is_none()
    {
        byte[] mail = [0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, 9, 0, 5, 4, .. "mail"u8, 0xc0, 16];
        byte[] start = [0xc0, 16, 0, 6, 0, 1, 0, 0, 0, 60, 0, 24, 0xc0, 12, 0xc0, 16, .. new byte[20]];
        byte[] cut = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2];
        byte[] message = [.. _answer, .. mail, .. start, .. cut];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), 1);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(8), 2);
        var reader = new AnswerReader(message, new byte[AnswerReader.Room]);
        Assert.True(reader.Next());
        Assert.Equal((MessageSection.Answer, RecordTypes.MX, 60u), (reader.Section, reader.Type, reader.Ttl));
        Assert.Equal("www.example.com", DnsName.ToText(reader.Name));
        Assert.Equal((byte[])[0, 5, .. DnsName.FromText("mail.example.com")], reader.Data.ToArray());
        Assert.True(reader.Next());
        Assert.Equal((MessageSection.Authority, RecordTypes.SOA), (reader.Section, reader.Type));
        Assert.Equal((byte[])[.. DnsName.FromText("www.example.com"), .. DnsName.FromText("example.com"), .. new byte[20]], reader.Data.ToArray());
        Assert.False(reader.Next());
    }

    private static bool IsTo(byte[] message) => AnswerReader.IsTo(message, _question, _question.Length);

    private static byte[] With(byte[] message, int at, byte value)
    {
        var changed = (byte[])message.Clone();
        changed[at] = value;
        return changed;
    }
}
