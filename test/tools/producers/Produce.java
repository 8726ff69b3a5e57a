import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Produces what standard input says, by Kafka's own client. The lines are those that produce.py takes, without the kind avro. */
public class Produce {
  record Sent(int number, Future<RecordMetadata> answer) {}

  public static void main(String[] args) throws Exception {
    String brokers = args[0];
    String topic = args[1];
    String unique = args[2];
    Map<String, Map<String, KafkaProducer<byte[], byte[]>>> producers = new LinkedHashMap<>();
    List<Sent> sent = new ArrayList<>();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line;
    for (int number = 0; (line = lines.readLine()) != null; number++) {
      String[] columns = line.split("\t", -1);
      String codec = columns[0];
      String fate = columns[1];
      var producer = producers
          .computeIfAbsent(codec, none -> new LinkedHashMap<>())
          .computeIfAbsent(fate, none -> producerOf(brokers, unique, codec, fate));
      byte[] value = columns[5].equals("null") ? null : Base64.getDecoder().decode(columns[6]);
      var record = new ProducerRecord<>(topic, Integer.valueOf(columns[3]), columns[4].getBytes(StandardCharsets.UTF_8), value);
      if (columns[2].equals("1")) {
        // The same name twice, one without a value, and bytes that are no text.
        record.headers().add("trace", new byte[] {'1'}).add("trace", new byte[] {'2'});
        record.headers().add("empty", null).add("binary", new byte[] {0, (byte) 0xff});
      }
      sent.add(new Sent(number, producer.send(record)));
    }
    for (var ofCodec : producers.values()) {
      for (var entry : ofCodec.entrySet()) {
        entry.getValue().flush();
        if (entry.getKey().equals("commit")) entry.getValue().commitTransaction();
        if (entry.getKey().equals("abort")) entry.getValue().abortTransaction();
        entry.getValue().close();
      }
    }
    for (Sent one : sent) {
      RecordMetadata at = one.answer().get();
      System.out.println(one.number() + " " + at.partition() + " " + at.offset());
    }
  }

  static KafkaProducer<byte[], byte[]> producerOf(String brokers, String unique, String codec, String fate) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("bootstrap.servers", brokers);
    config.put("compression.type", codec);
    config.put("linger.ms", 50);
    if (!fate.equals("plain")) config.put("transactional.id", unique + "-java-" + codec + "-" + fate);
    var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    if (!fate.equals("plain")) {
      producer.initTransactions();
      producer.beginTransaction();
    }
    return producer;
  }
}
