using Insula.Pods.Streaming;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class LogApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Lines_come_without_their_prefix_and_partial_ones_joined()
    {
        var (path, log) = await PodAsync();
        Write(log, 1, "stdout", "F", "one");
        Write(log, 2, "stdout", "P", "two ");
        Write(log, 2, "stdout", "F", "parts");
        Write(log, 3, "stderr", "F", "three");
        _ended.SetResult();
        Assert.Equal("one\ntwo parts\nthree\n", await TextAsync(path));
        Assert.Equal("three\n", await TextAsync(path + "?stream=Stderr"));
        Assert.Equal("2026-01-01T00:00:02.000000000Z two parts\n2026-01-01T00:00:03.000000000Z three\n", await TextAsync(path + "?timestamps=true&tailLines=2"));
        Assert.Equal("one\ntw", await TextAsync(path + "?limitBytes=6"));
        Assert.Equal("three\n", await TextAsync(path + "?sinceTime=2026-01-01T00:00:03Z"));
        Assert.Equal("", await TextAsync(path + "?tailLines=0"));
        Assert.Equal("", await TextAsync(path + "?sinceSeconds=60"));
    }

    [Theory]
    [InlineData(1, "f1\n")]
    [InlineData(2, "e2 f0\nf1\n")]
    [InlineData(3, "e1\ne2 f0\nf1\n")]
    [InlineData(5, "d1\nd2\ne1\ne2 f0\nf1\n")]
    [InlineData(50, "d1\nd2\ne1\ne2 f0\nf1\n")]
    public async Task The_last_lines_reach_over_rotated_files(int lines, string expected)
    {
        var (path, log) = await PodAsync();
        Write(log + ".2", 1, "stdout", "F", "d1");
        Write(log + ".2", 1, "stdout", "F", "d2");
        Write(log + ".1", 1, "stdout", "F", "e1");
        Write(log + ".1", 1, "stdout", "P", "e2 ");
        Write(log, 1, "stdout", "F", "f0");
        Write(log, 1, "stdout", "F", "f1");
        _ended.SetResult();
        Assert.Equal(expected, await TextAsync($"{path}?tailLines={lines}"));
    }

    [Fact]
    public async Task A_follower_survives_rotations_and_ends_with_the_container()
    {
        var (path, log) = await PodAsync();
        Write(log, 1, "stdout", "F", "line 0");
        using var response = await api.RawAsync(Get, path + "?follow=true");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("line 0", await reader.ReadLineAsync());
        for (var i = 1; i <= 60; i++)
        {
            Write(log, 1, "stdout", "F", $"line {i}");
            if (i % 7 == 0)
            {
                // As the shim rotates: older ones move up, the current one becomes .1, a new one appears.
                for (var n = 8; n >= 1; n--)
                {
                    if (File.Exists($"{log}.{n}"))
                    {
                        File.Move($"{log}.{n}", $"{log}.{n + 1}");
                    }
                }

                File.Move(log, log + ".1");
                Write(log, 1, "stdout", "F", $"after rotation {i}");
            }
        }

        _ended.SetResult();
        var rest = (await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var expected = Enumerable.Range(1, 60).SelectMany(i => i % 7 == 0 ? new[] { $"line {i}", $"after rotation {i}" } : [$"line {i}"]);
        Assert.Equal(expected, rest);
    }

    [Fact]
    public async Task A_follower_waits_for_more()
    {
        var (path, log) = await PodAsync();
        Write(log, 1, "stdout", "F", "one");
        using var response = await api.RawAsync(Get, path + "?follow=true&tailLines=0");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var next = reader.ReadLineAsync();
        File.AppendAllText(log, "2026-01-01T00:00:02.000000000Z stdout F half");
        Assert.False(next.IsCompleted);
        File.AppendAllText(log, " and half\n");
        Assert.Equal("half and half", await next.WaitAsync(TimeSpan.FromSeconds(20)));
        _ended.SetResult();
        Assert.Null(await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Requests_that_cannot_be_served_say_why()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web"));
        var path = $"/api/v1/namespaces/{ns}/pods/web/log";
        var (code, status) = await api.SendAsync(Get, path);
        Assert.Equal((400, "container \"main\" in pod \"web\" is waiting to start: ContainerCreating"), (code, (string?)status["message"]));
        (code, status) = await api.SendAsync(Get, path + "?container=other");
        Assert.Equal((400, "container other is not valid for pod web"), (code, (string?)status["message"]));
        (code, status) = await api.SendAsync(Get, path + "?previous=true");
        Assert.Equal((400, "previous terminated container \"main\" in pod \"web\" not found"), (code, (string?)status["message"]));
        (code, _) = await api.SendAsync(Get, path + "?sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z");
        Assert.Equal(422, code);
        (code, _) = await api.SendAsync(Get, path + "?tailLines=-1");
        Assert.Equal(422, code);
    }

    private static void Write(string file, int second, string stream, string tag, string text) =>
        File.AppendAllText(file, $"2026-01-01T00:00:{second:00}.000000000Z {stream} {tag} {text}\n");

    private async Task<(string Path, string Log)> PodAsync()
    {
        var ns = await api.NamespaceAsync();
        var (_, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web"));
        var uid = (string)pod["metadata"]!["uid"]!;
        var log = Path.Combine(Directory.CreateDirectory(Path.Combine(api.DirectoryPath, uid)).FullName, "0.log");
        api.Pods.Logs[(uid, "main", false)] = new PodLogFiles(0, api.DirectoryPath, $"{uid}/0.log", _ended.Task);
        return ($"/api/v1/namespaces/{ns}/pods/web/log", log);
    }

    private async Task<string> TextAsync(string path)
    {
        using var response = await api.RawAsync(Get, path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }
}
