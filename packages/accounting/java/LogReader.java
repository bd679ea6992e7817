import java.io.BufferedWriter;
import java.io.OutputStreamWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The independent reader: Kafka's own Java client reads the whole log and the groups' committed offsets, and prints
 * them as JSON Lines. None of our code is between the broker and this output, so it can say that our code lost something.
 *
 * Usage: java -cp '<kafka jars>' LogReader.java BROKERS TOPIC,TOPIC:PARTITION,... GROUP,GROUP,... DEADLINE_SECONDS
 * Lines: {"g":group,"t":topic,"p":partition,"c":committed}, {"t","p","o","ts","id","cause","corr","replay","message","from","was","key","sha","heads"}, and
 * {"end":true,"records":n} as the last one; without it the reading is not complete.
 */
public final class LogReader {
  public static void main(String[] args) throws Exception {
    String brokers = args[0];
    List<String> topics = split(args[1]);
    List<String> groups = split(args[2]);
    long deadlineAt = System.currentTimeMillis() + Long.parseLong(args[3]) * 1000;
    try (var out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16)) {
      printCommitted(brokers, groups, out);
      long records = printLog(brokers, topics, deadlineAt, out);
      out.write("{\"end\":true,\"records\":" + records + "}\n");
    }
  }

  private static void printCommitted(String brokers, List<String> groups, BufferedWriter out) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      for (String group : groups) {
        Map<TopicPartition, OffsetAndMetadata> offsets =
            admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        for (var entry : offsets.entrySet()) {
          if (entry.getValue() == null) continue;
          out.write("{\"g\":" + quote(group) + ",\"t\":" + quote(entry.getKey().topic()) + ",\"p\":"
              + entry.getKey().partition() + ",\"c\":" + entry.getValue().offset() + "}\n");
        }
      }
    }
  }

  private static long printLog(String brokers, List<String> topics, long deadlineAt, BufferedWriter out)
      throws Exception {
    var settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("max.poll.records", "5000");
    settings.put("fetch.max.bytes", String.valueOf(16 * 1024 * 1024));
    long printed = 0;
    try (var consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var known = consumer.listTopics();
      var partitions = new ArrayList<TopicPartition>();
      for (String wanted : topics) {
        String[] parts = wanted.split(":");
        if (!known.containsKey(parts[0])) continue;
        for (var info : known.get(parts[0])) {
          boolean isWanted = parts.length == 1 || info.partition() == Integer.parseInt(parts[1]);
          if (isWanted) partitions.add(new TopicPartition(parts[0], info.partition()));
        }
      }
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (!reached(consumer, ends)) {
        if (System.currentTimeMillis() > deadlineAt) throw new IllegalStateException("the deadline passed");
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(250))) {
          print(record, out);
          printed++;
        }
      }
    }
    return printed;
  }

  private static boolean reached(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    for (var end : ends.entrySet()) {
      if (consumer.position(end.getKey()) < end.getValue()) return false;
    }
    return true;
  }

  private static void print(ConsumerRecord<byte[], byte[]> record, BufferedWriter out) throws Exception {
    out.write("{\"t\":" + quote(record.topic()) + ",\"p\":" + record.partition() + ",\"o\":" + record.offset()
        + ",\"ts\":" + record.timestamp() + ",\"id\":" + header(record, "ce_id") + ",\"cause\":"
        + header(record, "ce_causationid") + ",\"corr\":" + header(record, "ce_correlationid") + ",\"replay\":"
        + header(record, "dlq-replay-id") + ",\"message\":" + header(record, "dlq-message-id") + ",\"from\":"
        + deadFrom(record) + ",\"was\":" + header(record, "dlq-offset") + ",\"key\":"
        + quote(record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8)) + ",\"sha\":"
        + quote(sha(record.value())) + ",\"heads\":" + quote(headersHash(record)) + "}\n");
  }

  /** Over name and value of each header, in their order, without those that letters and replays add. */
  private static String headersHash(ConsumerRecord<byte[], byte[]> record) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Header header : record.headers()) {
      if (header.key().startsWith("dlq-")) continue;
      byte[] name = header.key().getBytes(StandardCharsets.UTF_8);
      byte[] value = header.value();
      digest.update(ByteBuffer.allocate(8).putInt(name.length).putInt(value == null ? -1 : value.length).array());
      digest.update(name);
      if (value != null) digest.update(value);
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  /** Topic and partition of the record that this dead letter is of. */
  private static String deadFrom(ConsumerRecord<byte[], byte[]> record) {
    if (record.headers().lastHeader("dlq-topic") == null) return "null";
    return "{\"t\":" + header(record, "dlq-topic") + ",\"p\":" + header(record, "dlq-partition") + "}";
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header last = record.headers().lastHeader(name);
    return quote(last == null || last.value() == null ? null : new String(last.value(), StandardCharsets.UTF_8));
  }

  private static String sha(byte[] value) throws Exception {
    if (value == null) return null;
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value), 0, 16);
  }

  private static List<String> split(String list) {
    return list.isEmpty() ? List.of() : List.of(list.split(","));
  }

  private static String quote(String text) {
    if (text == null) return "null";
    var quoted = new StringBuilder("\"");
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else if (c < 0x20 || Character.isSurrogate(c)) quoted.append(String.format("\\u%04x", (int) c));
      else quoted.append(c);
    }
    return quoted.append('"').toString();
  }
}
