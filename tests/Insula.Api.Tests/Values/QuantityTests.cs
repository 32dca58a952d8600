using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Values;

namespace Insula.Api.Tests.Values;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0Ki", "0")]
    [InlineData("100m", "100m")]
    [InlineData("1000m", "1")]
    [InlineData("0.5", "500m")]
    [InlineData(".5", "500m")]
    [InlineData("5.", "5")]
    [InlineData("+1", "1")]
    [InlineData("-1.5", "-1500m")]
    [InlineData("1500", "1500")]
    [InlineData("2000", "2k")]
    [InlineData("1Gi", "1Gi")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("7.4Gi", "7945689498")]
    [InlineData("0.5Ki", "512")]
    [InlineData("1000Ki", "1000Ki")]
    [InlineData("1e3", "1e3")]
    [InlineData("1E3", "1e3")]
    [InlineData("1E", "1E")]
    [InlineData("12e2", "1200")]
    [InlineData("100M", "100M")]
    [InlineData("1n", "1n")]
    [InlineData("0.1n", "1n")]
    [InlineData("1u", "1u")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("1e100", "9223372036854775807")]
    public void Canonical_form_is_Kubernetes(string text, string canonical) =>
        Assert.Equal(canonical, Quantity.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("1KB")]
    [InlineData("1ki")]
    [InlineData("1K")]
    [InlineData("1.2.3")]
    [InlineData("1e")]
    [InlineData("1e1.5")]
    [InlineData("1mi")]
    [InlineData("0x10")]
    [InlineData("१")]
    public void Refuses_what_is_none(string text)
    {
        Assert.False(Quantity.TryParse(text, out _));
        Assert.Contains("no quantity", Assert.Throws<FormatException>(() => Quantity.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_round_up()
    {
        Assert.Equal(2, Quantity.Parse("1500m").Value);
        Assert.Equal(1, Quantity.Parse("1u").MilliValue);
        Assert.Equal(67108864, Quantity.Parse("64Mi").Value);
        Assert.Equal(-2, Quantity.Parse("-1500m").Value);
    }

    [Fact]
    public void Order_and_equality_ignore_the_format()
    {
        Assert.Equal(Quantity.Parse("1Ki"), Quantity.Parse("1024"));
        Assert.True(Quantity.Parse("1M") < Quantity.Parse("1Mi"));
        Assert.Equal("3Ki", (Quantity.Parse("1Ki") + Quantity.Parse("2048")).ToString());
    }

    [Fact]
    public void Canonical_text_reads_back_to_the_same_value_and_text()
    {
        var suffixes = new[] { "n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "e-5", "E7" };
        var texts = from whole in Gen.Choose(-2_000_000, 2_000_000)
                    from fraction in Gen.Choose(0, 9999)
                    from suffix in Gen.Elements(suffixes)
                    select $"{whole}.{fraction:D4}{suffix}";
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var quantity = Quantity.Parse(text);
            var again = Quantity.Parse(quantity.ToString());
            return quantity.Format == QuantityFormat.BinarySI && !quantity.IsWhole
                ? again.Value == quantity.Value || again == quantity
                : again == quantity && again.ToString() == quantity.ToString();
        }).QuickCheckThrowOnFailure();
    }
}
